// layer-norm-weight-backward: the gradient of layer-norm in its weight, summed over one block of rows.
//
//   sums[b, c] = Σ_{rows r of block b} dOut[r, c] · (x[r, c] − mean) · inverse
//
// Shapes     count rows of width elements; row r begins at offset + r · stride
// Bindings   0 x           read    f32
//            1 statistics  read    f32 [count, 2]  mean, inverse
//            2 dOut        read    f32
//            3 sums        write   f32 [⌈count / BLOCK⌉, width]
//            4 params      uniform
// Dispatch   one lane per block and element, neighbours on neighbouring elements; folded
// Numerics   f32; a block's rows summed in order
// Oracle     layerNormWeightBackwardKernel.reference in src/kernels/layer-norm.ts

// use lib/grid.wgsl

struct Params {
  count: u32,
  width: u32,
  xOffset: u32,
  xStride: u32,
  dOutOffset: u32,
  dOutStride: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> statistics: array<f32>;
@group(0) @binding(2) var<storage, read> dOut: array<f32>;
@group(0) @binding(3) var<storage, read_write> sums: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

override LANES: u32 = 16;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = workgroupIndex(workgroup, grid) * LANES + lane;
  let c = index % params.width;
  let first = (index / params.width) * BLOCK;
  if (first >= params.count) { return; }
  var sum = 0.0;
  for (var row = first; row < min(first + BLOCK, params.count); row++) {
    let y = (x[params.xOffset + row * params.xStride + c] - statistics[2u * row]) * statistics[2u * row + 1u];
    sum += dOut[params.dOutOffset + row * params.dOutStride + c] * y;
  }
  sums[index] = sum;
}
