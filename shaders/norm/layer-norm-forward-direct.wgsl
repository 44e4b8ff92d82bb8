// layer-norm-forward-direct: rows shifted to mean 0, scaled to deviation 1, then by a learned weight and bias; one lane to a row.
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
// Dispatch   one lane per row, folded
// Numerics   f32; the mean first, then the squares around it; both summed in order, so a row's bits do not depend on the others
// Oracle     layerNormForwardDirect.reference in src/kernels/layer-norm.ts

// use lib/grid.wgsl

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
  let place = params.outOffset + row * params.outStride;

  var sum = 0.0;
  for (var c = 0u; c < params.width; c++) { sum += x[start + c]; }
  let mean = sum / f32(params.width);
  var squares = 0.0;
  for (var c = 0u; c < params.width; c++) {
    let value = x[start + c] - mean;
    squares += value * value;
  }
  let inverse = 1.0 / sqrt(squares / f32(params.width) + params.eps);
  statistics[2u * row] = mean;
  statistics[2u * row + 1u] = inverse;
  for (var c = 0u; c < params.width; c++) {
    out[place + c] = (x[start + c] - mean) * inverse * weight[c] + bias[c];
  }
}
