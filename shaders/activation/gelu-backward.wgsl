// gelu-backward: the gradient of gelu, element by element.
//
//   dX = dOut · (σ + x · σ · (1 − σ) · 2u′)      σ = σ(2u)   u = √(2/π) · (x + 0.044715 x³)   u′ = √(2/π) · (1 + 0.134145 x²)
//
// Shapes     count rows of width elements; row r begins at offset + r · stride
// Bindings   0 x       read    f32
//            1 dOut    read    f32
//            2 dX      write   f32
//            3 params  uniform
// Dispatch   `parts` lanes to a row, each every parts-th element; folded
// Numerics   f32; the exponent is held to −80, where σ (1 − σ) is 0 beside 1
// Oracle     geluBackwardKernel.reference in src/kernels/gelu.ts

// use lib/grid.wgsl

struct Params {
  count: u32,
  width: u32,
  parts: u32,
  xOffset: u32,
  xStride: u32,
  dOutOffset: u32,
  dOutStride: u32,
  dXOffset: u32,
  dXStride: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> dOut: array<f32>;
@group(0) @binding(2) var<storage, read_write> dX: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

override LANES: u32 = 16;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = workgroupIndex(workgroup, grid) * LANES + lane;
  let row = index / params.parts;
  if (row >= params.count) { return; }
  let start = params.xOffset + row * params.xStride;
  let slopes = params.dOutOffset + row * params.dOutStride;
  let place = params.dXOffset + row * params.dXStride;
  for (var c = index % params.parts; c < params.width; c += params.parts) {
    let value = x[start + c];
    let square = value * value;
    let twice = 1.5957691216057308 * value * (1.0 + 0.044715 * square);  // 2u
    let rate = 1.5957691216057308 * (1.0 + 0.134145 * square);           // 2u′
    let away = exp(-min(abs(twice), 80.0));                              // odds of the smaller side
    let small = away / (1.0 + away);
    let sigma = select(small, 1.0 - small, twice > 0.0);
    dX[place + c] = dOut[slopes + c] * (sigma + value * rate * small * (1.0 - small));
  }
}
