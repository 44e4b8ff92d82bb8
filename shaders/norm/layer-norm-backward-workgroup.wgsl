// layer-norm-backward-workgroup: the gradient of layer-norm in its input; one workgroup to a row.
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
// Dispatch   one workgroup per row, folded
// Numerics   f32; fixed trees over the lanes’ sums, so a row's bits do not depend on the others
// Oracle     layerNormBackwardWorkgroup.reference in src/kernels/layer-norm.ts

// use lib/grid.wgsl
// use lib/reduce.wgsl

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

override LANES: u32 = 128;  // a power of two

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = workgroupIndex(workgroup, grid);
  if (row >= params.count) { return; }  // uniform per workgroup, so the barriers below stay legal
  let start = params.xOffset + row * params.xStride;
  let slopes = params.dOutOffset + row * params.dOutStride;
  let place = params.dXOffset + row * params.dXStride;

  let mean = statistics[2u * row];
  let inverse = statistics[2u * row + 1u];
  var sum = 0.0;
  var products = 0.0;
  for (var c = lane; c < params.width; c += LANES) {
    let slope = dOut[slopes + c] * weight[c];
    sum += slope;
    products += slope * (x[start + c] - mean);
  }
  let shift = reduceSum(lane, sum) / f32(params.width);  // mean(g)
  let pull = reduceSum(lane, products) * inverse * inverse / f32(params.width);  // mean(g · y) · inverse
  for (var c = lane; c < params.width; c += LANES) {
    var value = (dOut[slopes + c] * weight[c] - shift - (x[start + c] - mean) * pull) * inverse;
    if (params.accumulate != 0u) { value += dX[place + c]; }
    dX[place + c] = value;
  }
}
