// rms-norm-weight-backward: the gradient of rms-norm in its weight, summed over one block of pieces.
//
//   sums[b, c] = Σ_{pieces p of block b} dOut[p, c] · x[p, c] · inverseRms[p]
//
// Shapes     count rows of `heads` pieces side by side, width elements a piece; row r begins at offset + r · stride
// Bindings   0 x           read    f32
//            1 inverseRms  read    f32 [count · heads]
//            2 dOut        read    f32
//            3 sums        write   f32 [⌈count · heads / BLOCK⌉, width]
//            4 params      uniform
// Dispatch   one lane per block and element, neighbours on neighbouring elements; folded
// Numerics   f32; a block's pieces summed in order
// Oracle     rmsNormWeightBackwardKernel.reference in src/kernels/rms-norm.ts

// use lib/grid.wgsl

struct Params {
  count: u32,
  heads: u32,
  width: u32,
  xOffset: u32,
  xStride: u32,
  dOutOffset: u32,
  dOutStride: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> inverseRms: array<f32>;
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
  let pieces = params.count * params.heads;
  if (first >= pieces) { return; }
  var sum = 0.0;
  for (var piece = first; piece < min(first + BLOCK, pieces); piece++) {
    let row = piece / params.heads;
    let within = (piece % params.heads) * params.width + c;
    sum += dOut[params.dOutOffset + row * params.dOutStride + within] * x[params.xOffset + row * params.xStride + within] * inverseRms[piece];
  }
  sums[index] = sum;
}
