// attention-key-backward-direct: the gradient of attention in its keys and values.
//
//   weight[i] = exp(score[i] − lse[i])      of this key, for each query i that sees it
//   dV = Σ_i weight[i] · dOut[i]
//   dK = scale · Σ_i weight[i] · (dOut[i] · v − delta[i]) · q[i]
//
// Key row j is looked for by the query rows [j, seenUntil[j]); whether one sees it follows from its ranges: see attention-forward-direct.
//
// Shapes     count rows, each packing its query heads, key heads and value heads, D = HEAD_WIDTH; so does dPacked;
//            row r of a table begins at offset + r · stride
// Bindings   0 packed     read    f32
//            1 dOut       read    f32
//            2 lse        read    f32 [count, heads]
//            3 delta      read    f32 [count, heads]
//            4 ranges     read    u32 [count, 4]  prefixStart, prefixEnd, ownStart, ownEnd
//            5 seenUntil  read    u32 [count]
//            6 dPacked    update  f32  only its keys and values are written
//            7 params     uniform
// Dispatch   one lane per KEYS neighbouring keys and key head, so that a query is loaded once for all of them; neighbouring
//            lanes have neighbouring heads, or with rowsFirst neighbouring keys, which are seen by the same queries; folded
// Numerics   f32; queries summed by row, the heads that share the key within a row; a query that does not see a key adds 0 to it
// Oracle     attentionKeyBackwardDirect.reference in src/kernels/attention-backward.ts

// use lib/grid.wgsl

struct Params {
  count: u32,
  heads: u32,
  kvHeads: u32,
  window: u32,
  rowsFirst: u32,
  scale: f32,
  queriesOffset: u32,
  keysOffset: u32,
  valuesOffset: u32,
  packedStride: u32,
  dOutOffset: u32,
  dOutStride: u32,
  dKeysOffset: u32,
  dValuesOffset: u32,
  dPackedStride: u32,
}

@group(0) @binding(0) var<storage, read> packed: array<f32>;
@group(0) @binding(1) var<storage, read> dOut: array<f32>;
@group(0) @binding(2) var<storage, read> lse: array<f32>;
@group(0) @binding(3) var<storage, read> delta: array<f32>;
@group(0) @binding(4) var<storage, read> ranges: array<u32>;
@group(0) @binding(5) var<storage, read> seenUntil: array<u32>;
@group(0) @binding(6) var<storage, read_write> dPacked: array<f32>;
@group(0) @binding(7) var<uniform> params: Params;

override LANES: u32 = 16;

// Whether query row i sees key row j.
fn sees(i: u32, j: u32) -> bool {
  let prefixStart = ranges[i * 4u];
  let prefixEnd = ranges[i * 4u + 1u];
  let ownStart = ranges[i * 4u + 2u];
  let ownEnd = ranges[i * 4u + 3u];
  let prefixLength = prefixEnd - prefixStart;
  let inPrefix = j >= prefixStart && j < prefixEnd;
  let inOwn = j >= ownStart && j < ownEnd;
  let position = select(prefixLength + j - ownStart, j - prefixStart, inPrefix);
  let length = prefixLength + ownEnd - ownStart;
  return (inPrefix || inOwn) && (params.window == 0u || position + params.window >= length);
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = workgroupIndex(workgroup, grid) * LANES + lane;
  let blocks = (params.count + KEYS - 1u) / KEYS;
  if (index >= blocks * params.kvHeads) { return; }
  let first = select(index / params.kvHeads, index % blocks, params.rowsFirst != 0u) * KEYS;
  let kvHead = select(index % params.kvHeads, index / blocks, params.rowsFirst != 0u);
  let share = params.heads / params.kvHeads;

  // Keys past the last repeat it; they are computed and not stored.
  var k: array<array<f32, HEAD_WIDTH>, KEYS>;
  var v: array<array<f32, HEAD_WIDTH>, KEYS>;
  var keySlope: array<array<f32, HEAD_WIDTH>, KEYS>;
  var valueSlope: array<array<f32, HEAD_WIDTH>, KEYS>;
  var end = 0u;
  for (var n = 0u; n < KEYS; n++) {  // unroll
    let j = min(first + n, params.count - 1u);
    let key = params.keysOffset + j * params.packedStride + kvHead * HEAD_WIDTH;
    let value = params.valuesOffset + j * params.packedStride + kvHead * HEAD_WIDTH;
    for (var d = 0u; d < HEAD_WIDTH; d++) {  // unroll up to 32
      k[n][d] = packed[key + d] * params.scale;
      v[n][d] = packed[value + d];
    }
    end = max(end, seenUntil[j]);
  }

  for (var i = first; i < end; i++) {
    var isSeen: array<bool, KEYS>;
    var isAnySeen = false;
    for (var n = 0u; n < KEYS; n++) {  // unroll
      isSeen[n] = i >= first + n && sees(i, first + n);
      isAnySeen = isAnySeen || isSeen[n];
    }
    if (!isAnySeen) { continue; }
    for (var head = kvHead * share; head < (kvHead + 1u) * share; head++) {
      let query = params.queriesOffset + i * params.packedStride + head * HEAD_WIDTH;
      let slopes = params.dOutOffset + i * params.dOutStride + head * HEAD_WIDTH;
      let total = lse[i * params.heads + head];
      let resultSlope = delta[i * params.heads + head];
      var q: array<f32, HEAD_WIDTH>;
      var slope: array<f32, HEAD_WIDTH>;
      var score = array<f32, KEYS>();  // Dawn would keep the last turn's numbers
      var weightSlope = array<f32, KEYS>();  // Dawn would keep the last turn's numbers
      for (var d = 0u; d < HEAD_WIDTH; d++) {  // unroll up to 32
        q[d] = packed[query + d];
        slope[d] = dOut[slopes + d];
        for (var n = 0u; n < KEYS; n++) {  // unroll
          score[n] += q[d] * k[n][d];
          weightSlope[n] += slope[d] * v[n][d];
        }
      }
      var weight: array<f32, KEYS>;
      var scoreSlope: array<f32, KEYS>;
      for (var n = 0u; n < KEYS; n++) {  // unroll
        weight[n] = select(0.0, exp(score[n] - total), isSeen[n]);
        scoreSlope[n] = weight[n] * (weightSlope[n] - resultSlope);
      }
      for (var d = 0u; d < HEAD_WIDTH; d++) {  // unroll up to 32
        for (var n = 0u; n < KEYS; n++) {  // unroll
          keySlope[n][d] += scoreSlope[n] * q[d];
          valueSlope[n][d] += weight[n] * slope[d];
        }
      }
    }
  }

  for (var n = 0u; n < KEYS; n++) {  // unroll
    let j = first + n;
    if (j < params.count) {
      let keyPlace = params.dKeysOffset + j * params.dPackedStride + kvHead * HEAD_WIDTH;
      let valuePlace = params.dValuesOffset + j * params.dPackedStride + kvHead * HEAD_WIDTH;
      for (var d = 0u; d < HEAD_WIDTH; d++) {  // unroll up to 32
        dPacked[keyPlace + d] = keySlope[n][d] * params.scale;
        dPacked[valuePlace + d] = valueSlope[n][d];
      }
    }
  }
}
