// column-partials: columns summed over one block of rows; the first half of a column sum.
//
//   sums[b, c] = Σ_{rows r of block b} source[r, c]
//
// Shapes     count rows, width elements of each; row r begins at offset + r · stride
// Bindings   0 source  read    f32
//            1 sums    write   f32 [⌈count / BLOCK⌉, width]
//            2 params  uniform
// Dispatch   one lane per block and element, neighbours on neighbouring elements; folded
// Numerics   f32; a block's rows summed in order
// Oracle     columnPartials.reference in src/kernels/column-sum.ts

// use lib/grid.wgsl

struct Params {
  count: u32,
  width: u32,
  sourceOffset: u32,
  sourceStride: u32,
}

@group(0) @binding(0) var<storage, read> source: array<f32>;
@group(0) @binding(1) var<storage, read_write> sums: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

override LANES: u32 = 16;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = workgroupIndex(workgroup, grid) * LANES + lane;
  let first = (index / params.width) * BLOCK;
  if (first >= params.count) { return; }
  let start = params.sourceOffset + index % params.width;
  var sum = 0.0;
  for (var row = first; row < min(first + BLOCK, params.count); row++) {
    sum += source[start + row * params.sourceStride];
  }
  sums[index] = sum;
}
