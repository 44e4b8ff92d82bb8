// multiply-tables: multiplies one table into another.
//
//   product ← product · factor
//
// Shapes     L elements
// Bindings   0 factor   read    f32 [L]
//            1 product  update  f32 [L]
//            2 params   uniform
// Dispatch   one lane per element, folded
// Numerics   f32
// Oracle     multiplyTablesKernel.reference in src/kernels/stages.ts

// use lib/grid.wgsl

struct Params {
  L: u32,
}

@group(0) @binding(0) var<storage, read> factor: array<f32>;
@group(0) @binding(1) var<storage, read_write> product: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

override LANES: u32 = 16;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let at = workgroupIndex(workgroup, grid) * LANES + lane;
  if (at >= params.L) { return; }
  product[at] *= factor[at];
}
