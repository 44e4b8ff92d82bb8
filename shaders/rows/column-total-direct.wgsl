// column-total-direct: the second half of a column sum, one lane to a column.
//
//   out[c] += Σ_b sums[b, c]
//
// Shapes     blocks rows of width elements, packed
// Bindings   0 sums    read    f32 [blocks, width]
//            1 out     update  f32 [width]
//            2 params  uniform
// Dispatch   one lane per column, folded
// Numerics   f32; blocks summed in order from 0, then added to out
// Oracle     columnTotalDirect.reference in src/kernels/column-sum.ts

// use lib/grid.wgsl

struct Params {
  blocks: u32,
  width: u32,
}

@group(0) @binding(0) var<storage, read> sums: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

override LANES: u32 = 16;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let c = workgroupIndex(workgroup, grid) * LANES + lane;
  if (c >= params.width) { return; }
  var sum = 0.0;
  for (var block = 0u; block < params.blocks; block++) {
    sum += sums[block * params.width + c];
  }
  out[c] += sum;
}
