// gelu-forward: the Gaussian error unit in its tanh form (gelu_new), element by element.
//
//   out = x · ½ (1 + tanh u) = x · σ(2u)      u = √(2/π) · (x + 0.044715 x³)
//
// Shapes     count rows of width elements; row r begins at offset + r · stride
// Bindings   0 x       read    f32
//            1 out     write   f32
//            2 params  uniform
// Dispatch   `parts` lanes to a row, each every parts-th element; folded
// Numerics   f32; the exponent is held to 80, where σ is 0 to f32
// Oracle     geluForwardKernel.reference in src/kernels/gelu.ts

// use lib/grid.wgsl

struct Params {
  count: u32,
  width: u32,
  parts: u32,
  xOffset: u32,
  xStride: u32,
  outOffset: u32,
  outStride: u32,
}

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

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
  let place = params.outOffset + row * params.outStride;
  for (var c = index % params.parts; c < params.width; c += params.parts) {
    let value = x[start + c];
    let twice = 1.5957691216057308 * (value + 0.044715 * value * value * value);  // 2u
    out[place + c] = value / (1.0 + exp(min(-twice, 80.0)));
  }
}
