// rms-norm-backward-workgroup: the gradient of rms-norm in its input; one workgroup to a piece.
//
//   y  = x · inverseRms                     g = dOut · weight
//   dX = (g − y · mean(g · y)) · inverseRms      (+ dX)
//
// Shapes     count rows of `heads` pieces side by side, width elements a piece; row r begins at offset + r · stride
// Bindings   0 x           read    f32
//            1 weight      read    f32 [width]
//            2 inverseRms  read    f32 [count · heads]
//            3 dOut        read    f32
//            4 dX          update  f32
//            5 params      uniform
// Dispatch   one workgroup per piece, folded
// Numerics   f32; a fixed tree over the lanes' sums, so a piece's bits do not depend on the others
// Oracle     rmsNormBackwardWorkgroup.reference in src/kernels/rms-norm.ts

// use lib/grid.wgsl
// use lib/reduce.wgsl

struct Params {
  count: u32,
  heads: u32,
  width: u32,
  accumulate: u32,
  xOffset: u32,
  xStride: u32,
  dOutOffset: u32,
  dOutStride: u32,
  dXOffset: u32,
  dXStride: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read> inverseRms: array<f32>;
@group(0) @binding(3) var<storage, read> dOut: array<f32>;
@group(0) @binding(4) var<storage, read_write> dX: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

override LANES: u32 = 128;  // a power of two

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let piece = workgroupIndex(workgroup, grid);
  if (piece >= params.count * params.heads) { return; }  // uniform per workgroup, so the barriers below stay legal
  let row = piece / params.heads;
  let within = (piece % params.heads) * params.width;
  let start = params.xOffset + row * params.xStride + within;
  let slopes = params.dOutOffset + row * params.dOutStride + within;
  let place = params.dXOffset + row * params.dXStride + within;

  let scale = inverseRms[piece];
  var products = 0.0;
  for (var c = lane; c < params.width; c += LANES) {
    products += dOut[slopes + c] * weight[c] * x[start + c];
  }
  let pull = reduceSum(lane, products) * scale * scale / f32(params.width);  // mean(g · y) · inverseRms
  for (var c = lane; c < params.width; c += LANES) {
    var value = (dOut[slopes + c] * weight[c] - x[start + c] * pull) * scale;
    if (params.accumulate != 0u) { value += dX[place + c]; }
    dX[place + c] = value;
  }
}
