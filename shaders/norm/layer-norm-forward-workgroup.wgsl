// layer-norm-forward-workgroup: rows shifted to mean 0, scaled to deviation 1, then by a learned weight and bias; one workgroup to a row.
//
//   mean       = mean x                    inverse = 1 / √(mean (x − mean)² + eps)
//   out        = (x − mean) · inverse · weight + bias
//   statistics = (mean, inverse)
//
// Shapes     count rows of width elements; row r begins at offset + r · stride
// Bindings   0 x           read    f32
//            1 weight      read    f32 [width]
//            2 bias        read    f32 [width]
//            3 out         write   f32
//            4 statistics  write   f32 [count, 2]
//            5 params      uniform
// Dispatch   one workgroup per row, folded
// Numerics   f32; the mean first, then the squares around it; fixed trees over the lanes’ sums, so a row's bits do not depend on the others
// Oracle     layerNormForwardWorkgroup.reference in src/kernels/layer-norm.ts

// use lib/grid.wgsl
// use lib/reduce.wgsl

struct Params {
  count: u32,
  width: u32,
  eps: f32,
  xOffset: u32,
  xStride: u32,
  outOffset: u32,
  outStride: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;
@group(0) @binding(4) var<storage, read_write> statistics: array<f32>;
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
  let place = params.outOffset + row * params.outStride;

  var sum = 0.0;
  for (var c = lane; c < params.width; c += LANES) { sum += x[start + c]; }
  let mean = reduceSum(lane, sum) / f32(params.width);
  var squares = 0.0;
  for (var c = lane; c < params.width; c += LANES) {
    let value = x[start + c] - mean;
    squares += value * value;
  }
  let inverse = 1.0 / sqrt(reduceSum(lane, squares) / f32(params.width) + params.eps);
  if (lane == 0u) {
    statistics[2u * row] = mean;
    statistics[2u * row + 1u] = inverse;
  }
  for (var c = lane; c < params.width; c += LANES) {
    out[place + c] = (x[start + c] - mean) * inverse * weight[c] + bias[c];
  }
}
