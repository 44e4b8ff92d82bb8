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
// Dispatch   one lane per query and head, folded
// Numerics   f32; running maximum and sum over keys in order of position, so bits do not depend on where the keys lie
// Oracle     attentionForwardDirect.reference in src/kernels/attention.ts

// use lib/grid.wgsl

struct Params {
  count: u32,
  heads: u32,
  kvHeads: u32,
  window: u32,
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
  let row = index / params.heads;
  if (row >= params.count) { return; }
  let head = index % params.heads;
  let kvHead = head * params.kvHeads / params.heads;

  let prefixStart = ranges[row * 4u];
  let prefixLength = ranges[row * 4u + 1u] - prefixStart;
  let ownStart = ranges[row * 4u + 2u];
  let length = prefixLength + ranges[row * 4u + 3u] - ownStart;
  let first = select(0u, length - min(length, params.window), params.window > 0u);

  let query = params.queriesOffset + row * params.queriesStride + head * HEAD_WIDTH;
  var q: array<f32, HEAD_WIDTH>;
  var mean: array<f32, HEAD_WIDTH>;
  for (var d = 0u; d < HEAD_WIDTH; d++) {  // unroll up to 32
    q[d] = queries[query + d] * params.scale;
    mean[d] = 0.0;
  }

  var highest = -1e30;
  var mass = 0.0;
  for (var position = first; position < length; position++) {
    let j = select(ownStart + position - prefixLength, prefixStart + position, position < prefixLength);
    let key = params.keysOffset + j * params.keysStride + kvHead * HEAD_WIDTH;
    let value = params.valuesOffset + j * params.valuesStride + kvHead * HEAD_WIDTH;
    var score = 0.0;
    for (var d = 0u; d < HEAD_WIDTH; d++) {  // unroll up to 32
      score += q[d] * keys[key + d];
    }
    let before = highest;
    highest = max(highest, score);
    let fade = exp(before - highest);
    let weight = exp(score - highest);
    mass = mass * fade + weight;
    for (var d = 0u; d < HEAD_WIDTH; d++) {  // unroll up to 32
      mean[d] = mean[d] * fade + weight * values[value + d];
    }
  }

  let place = params.outOffset + row * params.outStride + head * HEAD_WIDTH;
  let share = select(0.0, 1.0 / mass, length > 0u);
  for (var d = 0u; d < HEAD_WIDTH; d++) {  // unroll up to 32
    out[place + d] = mean[d] * share;
  }
  lse[row * params.heads + head] = select(0.0, highest + log(mass), length > 0u);
}
