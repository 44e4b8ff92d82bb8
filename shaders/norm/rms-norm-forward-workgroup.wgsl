// rms-norm-forward-workgroup: rows scaled to unit root mean square, then by a learned weight; one workgroup to a piece.
//
//   inverseRms = 1 / √(mean x² + eps)
//   out        = x · inverseRms · weight
//
// Shapes     count rows of `heads` pieces side by side, width elements a piece; row r begins at offset + r · stride
// Bindings   0 x           read    f32
//            1 weight      read    f32 [width]
//            2 out         write   f32
//            3 inverseRms  write   f32 [count · heads]
//            4 params      uniform
// Dispatch   one workgroup per piece, folded
// Numerics   f32; a fixed tree over the lanes' sums, so a piece's bits do not depend on the others
// Oracle     rmsNormForwardWorkgroup.reference in src/kernels/rms-norm.ts

// use lib/grid.wgsl
// use lib/reduce.wgsl

struct Params {
  count: u32,
  heads: u32,
  width: u32,
  eps: f32,
  xOffset: u32,
  xStride: u32,
  outOffset: u32,
  outStride: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@group(0) @binding(3) var<storage, read_write> inverseRms: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

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
  let place = params.outOffset + row * params.outStride + within;

  var squares = 0.0;
  for (var c = lane; c < params.width; c += LANES) {
    let value = x[start + c];
    squares += value * value;
  }
  let scale = 1.0 / sqrt(reduceSum(lane, squares) / f32(params.width) + params.eps);
  if (lane == 0u) { inverseRms[piece] = scale; }
  for (var c = lane; c < params.width; c += LANES) {
    out[place + c] = x[start + c] * scale * weight[c];
  }
}
