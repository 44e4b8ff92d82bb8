// attention-forward-direct: each query's mean of the values it may see, weighted by the softmax of its scores; no T × T table.
//
//   score[j] = scale · q · k[j]      lse = ln Σ_j exp(score[j])      out = Σ_j exp(score[j] − lse) · v[j]
//
// A query sees the keys [prefixStart, prefixEnd), then [ownStart, ownEnd); seen in that order they stand at positions 0, 1, …, and
// the query at the last of them. With window W > 0 it sees the last W positions only.
//
// Shapes     count queries of `heads` heads side by side, D = HEAD_WIDTH; head h uses key head ⌊h · kvHeads / heads⌋;
//            row r of a table begins at offset + r · stride
// Bindings   0 queries  read    f32
//            1 keys     read    f32
//            2 values   read    f32
//            3 ranges   read    u32 [count, 4]  prefixStart, prefixEnd, ownStart, ownEnd
//            4 out      write   f32
//            5 lse      write   f32 [count, heads]  nats; 0 where nothing is seen
//            6 params   uniform
// Dispatch   one lane per query and SHARED heads that read the same key head, so that a key is loaded once for all of them; neighbouring
//            lanes have neighbouring heads, or with rowsFirst neighbouring queries, which read the same keys; folded
// Numerics   f32; running maximum and sum over keys in order of position, so bits do not depend on where the keys lie
// Oracle     attentionForwardDirect.reference in src/kernels/attention.ts

// use lib/grid.wgsl

struct Params {
  count: u32,
  heads: u32,
  kvHeads: u32,
  window: u32,
  rowsFirst: u32,
  scale: f32,
  queriesOffset: u32,
  queriesStride: u32,
  keysOffset: u32,
  keysStride: u32,
  valuesOffset: u32,
  valuesStride: u32,
  outOffset: u32,
  outStride: u32,
}

@group(0) @binding(0) var<storage, read> queries: array<f32>;
@group(0) @binding(1) var<storage, read> keys: array<f32>;
@group(0) @binding(2) var<storage, read> values: array<f32>;
@group(0) @binding(3) var<storage, read> ranges: array<u32>;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;
@group(0) @binding(5) var<storage, read_write> lse: array<f32>;
@group(0) @binding(6) var<uniform> params: Params;

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

  let query = params.queriesOffset + row * params.queriesStride + firstHead * HEAD_WIDTH;
  var q: array<array<f32, HEAD_WIDTH>, SHARED>;
  var mean: array<array<f32, HEAD_WIDTH>, SHARED>;
  var highest: array<f32, SHARED>;
  var mass: array<f32, SHARED>;
  for (var h = 0u; h < SHARED; h++) {  // unroll
    highest[h] = -1e30;
    for (var d = 0u; d < HEAD_WIDTH; d++) {  // unroll up to 32
      q[h][d] = queries[query + h * HEAD_WIDTH + d] * params.scale;
    }
  }

  for (var position = first; position < length; position++) {
    let j = select(ownStart + position - prefixLength, prefixStart + position, position < prefixLength);
    let key = params.keysOffset + j * params.keysStride + kvHead * HEAD_WIDTH;
    let value = params.valuesOffset + j * params.valuesStride + kvHead * HEAD_WIDTH;
    var score = array<f32, SHARED>();  // Dawn would keep the last turn's numbers
    for (var d = 0u; d < HEAD_WIDTH; d++) {  // unroll up to 32
      let k = keys[key + d];
      for (var h = 0u; h < SHARED; h++) {  // unroll
        score[h] += q[h][d] * k;
      }
    }
    var fade: array<f32, SHARED>;
    var weight: array<f32, SHARED>;
    for (var h = 0u; h < SHARED; h++) {  // unroll
      let before = highest[h];
      highest[h] = max(before, score[h]);
      fade[h] = exp(before - highest[h]);
      weight[h] = exp(score[h] - highest[h]);
      mass[h] = mass[h] * fade[h] + weight[h];
    }
    for (var d = 0u; d < HEAD_WIDTH; d++) {  // unroll up to 32
      let v = values[value + d];
      for (var h = 0u; h < SHARED; h++) {  // unroll
        mean[h][d] = mean[h][d] * fade[h] + weight[h] * v;
      }
    }
  }

  let place = params.outOffset + row * params.outStride + firstHead * HEAD_WIDTH;
  for (var h = 0u; h < SHARED; h++) {  // unroll
    let share = select(0.0, 1.0 / mass[h], length > 0u);
    for (var d = 0u; d < HEAD_WIDTH; d++) {  // unroll up to 32
      out[place + h * HEAD_WIDTH + d] = mean[h][d] * share;
    }
    lse[row * params.heads + firstHead + h] = select(0.0, highest[h] + log(mass[h]), length > 0u);
  }
}
