// swiglu-forward: one half of each row, gated by the other half.
//
//   out[c] = gate · σ(gate) · up      gate = gateUp[c]   up = gateUp[width + c]   σ(g) = 1 / (1 + exp(−g))
//
// Shapes     count rows; gateUp holds 2 · width elements a row, out holds width; row r begins at offset + r · stride
// Bindings   0 gateUp  read    f32
//            1 out     write   f32
//            2 params  uniform
// Dispatch   `parts` lanes to a row, each every parts-th element; folded
// Numerics   f32; the exponent is held to 80, where σ is 0 to f32
// Oracle     swigluForwardKernel.reference in src/kernels/swiglu.ts

// use lib/grid.wgsl

struct Params {
  count: u32,
  width: u32,
  parts: u32,
  gateUpOffset: u32,
  gateUpStride: u32,
  outOffset: u32,
  outStride: u32,
}

@group(0) @binding(0) var<storage, read> gateUp: array<f32>;
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
  let start = params.gateUpOffset + row * params.gateUpStride;
  let place = params.outOffset + row * params.outStride;
  for (var c = index % params.parts; c < params.width; c += params.parts) {
    let gate = gateUp[start + c];
    let up = gateUp[start + params.width + c];
    out[place + c] = gate * up / (1.0 + exp(min(-gate, 80.0)));
  }
}
