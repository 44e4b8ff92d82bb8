// swiglu-backward: the gradient of swiglu in both halves of each row.
//
//   dGate = dOut · up · σ(gate) · (1 + gate · (1 − σ(gate)))      dUp = dOut · gate · σ(gate)
//
// Shapes     count rows; gateUp and dGateUp hold 2 · width elements a row, dOut holds width; row r begins at offset + r · stride
// Bindings   0 gateUp   read    f32
//            1 dOut     read    f32
//            2 dGateUp  write   f32
//            3 params   uniform
// Dispatch   `parts` lanes to a row, each every parts-th element; folded
// Numerics   f32; the exponent is held to 80, where σ is 0 to f32
// Oracle     swigluBackwardKernel.reference in src/kernels/swiglu.ts

// use lib/grid.wgsl

struct Params {
  count: u32,
  width: u32,
  parts: u32,
  gateUpOffset: u32,
  gateUpStride: u32,
  dOutOffset: u32,
  dOutStride: u32,
  dGateUpOffset: u32,
  dGateUpStride: u32,
}

@group(0) @binding(0) var<storage, read> gateUp: array<f32>;
@group(0) @binding(1) var<storage, read> dOut: array<f32>;
@group(0) @binding(2) var<storage, read_write> dGateUp: array<f32>;
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
  let start = params.gateUpOffset + row * params.gateUpStride;
  let slopes = params.dOutOffset + row * params.dOutStride;
  let place = params.dGateUpOffset + row * params.dGateUpStride;
  for (var c = index % params.parts; c < params.width; c += params.parts) {
    let gate = gateUp[start + c];
    let up = gateUp[start + params.width + c];
    let slope = dOut[slopes + c];
    let sigma = 1.0 / (1.0 + exp(min(-gate, 80.0)));
    dGateUp[place + c] = slope * up * sigma * (1.0 + gate * (1.0 - sigma));
    dGateUp[place + params.width + c] = slope * gate * sigma;
  }
}
