// mixture-tile: adds one pass's distribution to the mean distribution of several, over a vocabulary tile.
//
//   mixture[j, v] ← (mixture[j, v] unless first) + exp(logits[j, v] − lse[j]) · share
//
// Shapes     count rows of a tile of width columns
// Bindings   0 logits   read    f32 [count, width]
//            1 lse      read    f32 [count]
//            2 mixture  update  f32 [count, width]
//            3 params   uniform
// Dispatch   one lane per element, folded
// Numerics   f32; passes are added in their order
// Oracle     mixtureTile.reference in src/kernels/mixture.ts

// use lib/grid.wgsl

struct Params {
  count: u32,
  width: u32,
  first: u32,
  lseOffset: u32,
  share: f32,
}

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> lse: array<f32>;
@group(0) @binding(2) var<storage, read_write> mixture: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

override LANES: u32 = 64;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = workgroupIndex(workgroup, grid) * LANES + lane;
  let row = index / params.width;
  if (row >= params.count) { return; }
  var value = exp(logits[index] - lse[params.lseOffset + row]) * params.share;
  if (params.first == 0u) { value += mixture[index]; }
  mixture[index] = value;
}
