// layer-norm-backward-direct: the gradient of layer-norm in its input; one lane to a row.
//
//   y  = (x − mean) · inverse               g = dOut · weight
//   dX = (g − mean(g) − y · mean(g · y)) · inverse      (+ dX)
//
// Shapes     count rows of width elements; row r begins at offset + r · stride
// Bindings   0 x           read    f32
//            1 weight      read    f32 [width]
//            2 statistics  read    f32 [count, 2]  mean, inverse
//            3 dOut        read    f32
//            4 dX          update  f32
//            5 params      uniform
// Dispatch   one lane per row, folded
// Numerics   f32; both means summed in order, so a row's bits do not depend on the others
// Oracle     layerNormBackwardDirect.reference in src/kernels/layer-norm.ts

// use lib/grid.wgsl

struct Params {
  count: u32,
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
@group(0) @binding(2) var<storage, read> statistics: array<f32>;
@group(0) @binding(3) var<storage, read> dOut: array<f32>;
@group(0) @binding(4) var<storage, read_write> dX: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

override LANES: u32 = 16;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = workgroupIndex(workgroup, grid) * LANES + lane;
  if (row >= params.count) { return; }
  let start = params.xOffset + row * params.xStride;
  let slopes = params.dOutOffset + row * params.dOutStride;
  let place = params.dXOffset + row * params.dXStride;

  let mean = statistics[2u * row];
  let inverse = statistics[2u * row + 1u];
  var sum = 0.0;
  var products = 0.0;
  for (var c = 0u; c < params.width; c++) {
    let slope = dOut[slopes + c] * weight[c];
    sum += slope;
    products += slope * (x[start + c] - mean);
  }
  let shift = sum / f32(params.width);  // mean(g)
  let pull = products * inverse * inverse / f32(params.width);  // mean(g · y) · inverse
  for (var c = 0u; c < params.width; c++) {
    var value = (dOut[slopes + c] * weight[c] - shift - (x[start + c] - mean) * pull) * inverse;
    if (params.accumulate != 0u) { value += dX[place + c]; }
    dX[place + c] = value;
  }
}
