// table-operation: one operation of a formula, token by token: how a weight that somebody wrote is computed.
//
//   0 add a + b      3 divide a / b          6 clamp a to [b, c]      9 absolute |a|
//   1 subtract a − b 4 lesser min(a, b)      7 exponential e^a       10 choose b where a > 0, else c
//   2 multiply a · b 5 greater max(a, b)     8 logarithm ln a
//
// Shapes     B rows, T tokens; a, b and c are views: offset + row · b + column · t
// Bindings   0 a       read    f32          a view
//            1 b       read    f32          a view
//            2 c       read    f32          a view
//            3 out     write   f32 [B, T]
//            4 params  uniform
// Dispatch   one lane per element, folded
// Numerics   f32; total: a / 0 = 0, e^a of a held at 60, ln a of a held at 1e-30, results held within ± 1e30
// Oracle     tableOperationKernel.reference in src/kernels/table-operation.ts

// use lib/grid.wgsl

struct Params {
  B: u32,
  T: u32,
  operation: u32,
  aOffset: u32,
  aRow: u32,
  aColumn: u32,
  bOffset: u32,
  bRow: u32,
  bColumn: u32,
  cOffset: u32,
  cRow: u32,
  cColumn: u32,
}

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read> c: array<f32>;
@group(0) @binding(3) var<storage, read_write> out: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

override LANES: u32 = 16;

fn apply(x: f32, y: f32, z: f32) -> f32 {
  switch params.operation {
    case 0u: { return x + y; }
    case 1u: { return x - y; }
    case 2u: { return x * y; }
    case 3u: { return select(x / select(y, 1.0, y == 0.0), 0.0, y == 0.0); }
    case 4u: { return min(x, y); }
    case 5u: { return max(x, y); }
    case 6u: { return min(max(x, y), z); }
    case 7u: { return exp(min(x, 60.0)); }
    case 8u: { return log(max(x, 1e-30)); }
    case 9u: { return abs(x); }
    default: { return select(z, y, x > 0.0); }
  }
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let at = workgroupIndex(workgroup, grid) * LANES + lane;
  if (at >= params.B * params.T) { return; }
  let row = at / params.T;
  let token = at % params.T;
  let x = a[params.aOffset + row * params.aRow + token * params.aColumn];
  let y = b[params.bOffset + row * params.bRow + token * params.bColumn];
  let z = c[params.cOffset + row * params.cRow + token * params.cColumn];
  out[at] = clamp(apply(x, y, z), -1e30, 1e30);
}
