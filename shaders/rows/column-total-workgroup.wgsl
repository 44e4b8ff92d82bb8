// column-total-workgroup: the second half of a column sum, one workgroup to a column.
//
//   out[c] += Σ_b sums[b, c]
//
// Shapes     blocks rows of width elements, packed
// Bindings   0 sums    read    f32 [blocks, width]
//            1 out     update  f32 [width]
//            2 params  uniform
// Dispatch   one workgroup per column, folded
// Numerics   f32; a fixed tree over the lanes' sums, then added to out
// Oracle     columnTotalWorkgroup.reference in src/kernels/column-sum.ts

// use lib/grid.wgsl
// use lib/reduce.wgsl

struct Params {
  blocks: u32,
  width: u32,
}

@group(0) @binding(0) var<storage, read> sums: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

override LANES: u32 = 128;  // a power of two

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let c = workgroupIndex(workgroup, grid);
  if (c >= params.width) { return; }  // uniform per workgroup, so the barriers below stay legal
  var sum = 0.0;
  for (var block = lane; block < params.blocks; block += LANES) {
    sum += sums[block * params.width + c];
  }
  sum = reduceSum(lane, sum);
  if (lane == 0u) { out[c] += sum; }
}
