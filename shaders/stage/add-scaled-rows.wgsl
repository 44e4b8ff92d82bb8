// add-scaled-rows: adds a table to another, each row times its own number.
//
//   table[b, t] += weights[b] · addend[b, t]
//
// Shapes     B rows, T tokens; weights is a view: offset + b · row
// Bindings   0 weights  read    f32
//            1 addend   read    f32 [B, T]
//            2 table    update  f32 [B, T]
//            3 params   uniform
// Dispatch   one lane per element, folded
// Numerics   f32
// Oracle     addScaledRowsKernel.reference in src/kernels/stages.ts

// use lib/grid.wgsl

struct Params {
  B: u32,
  T: u32,
  weightsOffset: u32,
  weightsRow: u32,
}

@group(0) @binding(0) var<storage, read> weights: array<f32>;
@group(0) @binding(1) var<storage, read> addend: array<f32>;
@group(0) @binding(2) var<storage, read_write> table: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

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
  table[at] += weights[params.weightsOffset + b * params.weightsRow] * addend[at];
}
