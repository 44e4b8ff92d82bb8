// matmul-combine: the sum of a product's chunks, where matmul-tile gave each chunk of k its own workgroups.
//
//   out[m, n] = Σ_c partials[c, m, n]  (+ addend[m, n])  (+ out[m, n])
//
// Shapes     M rows, N columns, C chunks
// Bindings   0 partials  read    f32  [C, M, N], side by side
//            1 addend    read    f32
//            2 out       update  f32
//            3 params    uniform
// Dispatch   one lane per element of the product, folded
// Numerics   f32; chunks in order, as matmul-tile adds them when one workgroup has them all
// Oracle     matmulCombine.reference in src/kernels/matmul-tile.ts

// use lib/grid.wgsl

struct Params {
  M: u32,
  N: u32,
  chunks: u32,
  addendOffset: u32,
  addendRow: u32,
  outOffset: u32,
  outRow: u32,
  useAddend: u32,
  accumulate: u32,
}

@group(0) @binding(0) var<storage, read> partials: array<f32>;
@group(0) @binding(1) var<storage, read> addend: array<f32>;
@group(0) @binding(2) var<storage, read_write> out: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

override LANES: u32 = 64;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = workgroupIndex(workgroup, grid) * LANES + lane;
  let count = params.M * params.N;
  if (i >= count) { return; }
  let m = i / params.N;
  let n = i % params.N;
  let at = params.outOffset + m * params.outRow + n;
  var total = 0.0;
  if (params.accumulate == 2u) { total = out[at]; }
  for (var c = 0u; c < params.chunks; c++) {
    total += partials[c * count + i];
  }
  if (params.useAddend != 0u) { total += addend[params.addendOffset + m * params.addendRow + n]; }
  if (params.accumulate == 1u) { total += out[at]; }
  out[at] = total;
}
