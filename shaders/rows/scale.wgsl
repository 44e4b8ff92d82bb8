// scale: multiplies the first elements of a tensor by a number, in place.
//
//   x[i] ← factor · x[i]
//
// Shapes     count elements
// Bindings   0 x       update  f32
//            1 params  uniform
// Dispatch   one lane per element, folded
// Numerics   f32
// Oracle     scaleKernel.reference in src/kernels/scale.ts

// use lib/grid.wgsl

struct Params {
  count: u32,
  factor: f32,
}

@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@group(0) @binding(1) var<uniform> params: Params;

override LANES: u32 = 64;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = workgroupIndex(workgroup, grid) * LANES + lane;
  if (index >= params.count) { return; }
  x[index] *= params.factor;
}
