// scale-rows: multiplies every row of a table by its own number: the step from per-token slopes to slopes of the mean.
//
//   table[b, t] ← table[b, t] · weights[b]
//
// Shapes     B rows, T tokens; weights is a view: offset + b · row
// Bindings   0 weights  read    f32
//            1 table    update  f32 [B, T]
//            2 params   uniform
// Dispatch   one lane per element, folded
// Numerics   f32
// Oracle     scaleRowsKernel.reference in src/kernels/stages.ts

// use lib/grid.wgsl

struct Params {
  B: u32,
  T: u32,
  weightsOffset: u32,
  weightsRow: u32,
}

@group(0) @binding(0) var<storage, read> weights: array<f32>;
@group(0) @binding(1) var<storage, read_write> table: array<f32>;
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
  let b = at / params.T;
  table[at] *= weights[params.weightsOffset + b * params.weightsRow];
}
