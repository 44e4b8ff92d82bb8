// random-keys: a random number for every token, named by its row and place, whatever the layout.
//
//   keys[b, t] = uniform(rowIds[b], t) in (0, 1)
//
// Shapes     B rows, T tokens; rowIds is a view: offset + b · row, whole numbers below 2²⁴
// Bindings   0 rowIds  read   f32
//            1 keys    write  f32 [B, T]
//            2 params  uniform
// Dispatch   one lane per element, folded
// Numerics   exact
// Oracle     randomKeysKernel.reference in src/kernels/stages-select.ts

// use lib/grid.wgsl
// use lib/random.wgsl

struct Params {
  B: u32,
  T: u32,
  rowIdsOffset: u32,
  rowIdsRow: u32,
  key0: u32,
  key1: u32,
}

@group(0) @binding(0) var<storage, read> rowIds: array<f32>;
@group(0) @binding(1) var<storage, read_write> keys: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

override LANES: u32 = 16;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let at = workgroupIndex(workgroup, grid) * LANES + lane;
  if (at >= params.B * params.T) { return; }
  let row = u32(rowIds[params.rowIdsOffset + at / params.T * params.rowIdsRow]);
  keys[at] = uniformOf(philox(vec4u(row, at % params.T, 0u, 0u), vec2u(params.key0, params.key1)).x);
}
