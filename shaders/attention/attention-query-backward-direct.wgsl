// attention-query-backward-direct: the gradient of attention in its queries, and each query's delta for that of its keys.
//
//   weight[j] = exp(score[j] − lse)      delta = dOut · out
//   dQ = scale · Σ_j weight[j] · (dOut · v[j] − delta) · k[j]
//
// Which keys a query sees: see attention-forward-direct.
//
// Shapes     count rows, each packing its query heads, key heads and value heads, D = HEAD_WIDTH; so does dPacked;
//            row r of a table begins at offset + r · stride
// Bindings   0 packed   read    f32
//            1 out      read    f32
//            2 dOut     read    f32
//            3 lse      read    f32 [count, heads]
//            4 ranges   read    u32 [count, 4]  prefixStart, prefixEnd, ownStart, ownEnd
//            5 delta    write   f32 [count, heads]
//            6 dPacked  update  f32  only its queries are written
//            7 params   uniform
// Dispatch   one lane per query and SHARED heads that read the same key head, so that a key is loaded once for all of them; neighbouring
//            lanes have neighbouring heads, or with rowsFirst neighbouring queries, which read the same keys; folded
// Numerics   f32; keys summed in order of position
// Oracle     attentionQueryBackwardDirect.reference in src/kernels/attention-backward.ts

// use lib/grid.wgsl

struct Params {
  count: u32,
  heads: u32,
  kvHeads: u32,
  headWidth: u32,
  window: u32,
  rowsFirst: u32,
  scale: f32,
  queriesOffset: u32,
  keysOffset: u32,
  valuesOffset: u32,
  packedStride: u32,
  outOffset: u32,
  outStride: u32,
  dOutOffset: u32,
  dOutStride: u32,
  dQueriesOffset: u32,
  dPackedStride: u32,
}

@group(0) @binding(0) var<storage, read> packed: array<f32>;
@group(0) @binding(1) var<storage, read> out: array<f32>;
@group(0) @binding(2) var<storage, read> dOut: array<f32>;
@group(0) @binding(3) var<storage, read> lse: array<f32>;
@group(0) @binding(4) var<storage, read> ranges: array<u32>;
@group(0) @binding(5) var<storage, read_write> delta: array<f32>;
@group(0) @binding(6) var<storage, read_write> dPacked: array<f32>;
@group(0) @binding(7) var<uniform> params: Params;

override LANES: u32 = 16;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = workgroupIndex(workgroup, grid) * LANES + lane;
  let parts = params.heads / SHARED;
  if (index >= params.count * parts) { return; }
  let row = select(index / parts, index % params.count, params.rowsFirst != 0u);
  let firstHead = select(index % parts, index / params.count, params.rowsFirst != 0u) * SHARED;
  let kvHead = firstHead * params.kvHeads / params.heads;

  let prefixStart = ranges[row * 4u];
  let prefixLength = ranges[row * 4u + 1u] - prefixStart;
  let ownStart = ranges[row * 4u + 2u];
  let length = prefixLength + ranges[row * 4u + 3u] - ownStart;
  let first = select(0u, length - min(length, params.window), params.window > 0u);

  let query = params.queriesOffset + row * params.packedStride + firstHead * HEAD_WIDTH;
  let result = params.outOffset + row * params.outStride + firstHead * HEAD_WIDTH;
  let slopes = params.dOutOffset + row * params.dOutStride + firstHead * HEAD_WIDTH;
  var q: array<array<f32, HEAD_WIDTH>, SHARED>;
  var slope: array<array<f32, HEAD_WIDTH>, SHARED>;
  var sum: array<array<f32, HEAD_WIDTH>, SHARED>;
  var resultSlope: array<f32, SHARED>;
  var total: array<f32, SHARED>;
  for (var h = 0u; h < SHARED; h++) {  // unroll
    for (var d = 0u; d < HEAD_WIDTH; d++) {  // unroll up to 32
      q[h][d] = packed[query + h * HEAD_WIDTH + d] * params.scale;
      slope[h][d] = dOut[slopes + h * HEAD_WIDTH + d];
    }
    for (var d = 0u; d < params.headWidth; d++) {
      resultSlope[h] += dOut[slopes + h * HEAD_WIDTH + d] * out[result + h * HEAD_WIDTH + d];
    }
    delta[row * params.heads + firstHead + h] = resultSlope[h];
    total[h] = lse[row * params.heads + firstHead + h];
  }

  for (var position = first; position < length; position++) {
    let j = select(ownStart + position - prefixLength, prefixStart + position, position < prefixLength);
    let key = params.keysOffset + j * params.packedStride + kvHead * HEAD_WIDTH;
    let value = params.valuesOffset + j * params.packedStride + kvHead * HEAD_WIDTH;
    var k: array<f32, HEAD_WIDTH>;
    var score = array<f32, SHARED>();  // Dawn would keep the last turn's numbers
    var weightSlope = array<f32, SHARED>();  // Dawn would keep the last turn's numbers
    for (var d = 0u; d < HEAD_WIDTH; d++) {  // unroll up to 32
      k[d] = packed[key + d];
      let v = packed[value + d];
      for (var h = 0u; h < SHARED; h++) {  // unroll
        score[h] += q[h][d] * k[d];
        weightSlope[h] += slope[h][d] * v;
      }
    }
    var scoreSlope: array<f32, SHARED>;
    for (var h = 0u; h < SHARED; h++) {  // unroll
      scoreSlope[h] = exp(score[h] - total[h]) * (weightSlope[h] - resultSlope[h]);
    }
    for (var d = 0u; d < HEAD_WIDTH; d++) {  // unroll up to 32
      for (var h = 0u; h < SHARED; h++) {  // unroll
        sum[h][d] += scoreSlope[h] * k[d];
      }
    }
  }

  let place = params.dQueriesOffset + row * params.dPackedStride + firstHead * HEAD_WIDTH;
  for (var h = 0u; h < SHARED; h++) {  // unroll
    for (var d = 0u; d < HEAD_WIDTH; d++) {  // unroll up to 32
      dPacked[place + h * HEAD_WIDTH + d] = sum[h][d] * params.scale;
    }
  }
}
