// anchored-entropy: pulls the mean entropy of chosen tokens to an anchor (SIREN).
//
//   h = mean over rows of (Σ_t keep · entropy / Σ_t keep)        loss = coefficient · (h − anchor)²
//   byEntropy = 2 · coefficient · (h − anchor) · keep / (Σ_t keep · rows)
//
// Shapes     B rows, T tokens
// Bindings   0 keep       read    f32 [B, T]
//            1 sums       read    f32 [B, S]             Σ keep, Σ keep · entropy from params.sumsAt
//            2 byEntropy  write   f32 [B, T]
//            3 params     uniform
// Dispatch   one lane per row, folded
// Numerics   f32; every lane adds the rows up in the same order; a row without kept tokens counts as 0
// Oracle     anchoredEntropyKernel.reference in src/kernels/stages-entropy.ts

// use lib/grid.wgsl

struct Params {
  B: u32,
  T: u32,
  sumsWidth: u32,
  sumsAt: u32,
  rowCount: f32,
  anchor: f32,
  coefficient: f32,
}

@group(0) @binding(0) var<storage, read> keep: array<f32>;
@group(0) @binding(1) var<storage, read> sums: array<f32>;
@group(0) @binding(2) var<storage, read_write> byEntropy: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

override LANES: u32 = 16;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let b = workgroupIndex(workgroup, grid) * LANES + lane;
  if (b >= params.B) { return; }
  var total = 0.0;
  for (var row = 0u; row < params.B; row++) {
    let at = row * params.sumsWidth + params.sumsAt;
    if (sums[at] > 0.0) { total += sums[at + 1u] / sums[at]; }
  }
  let slope = 2.0 * params.coefficient * (total / params.rowCount - params.anchor);
  let count = sums[b * params.sumsWidth + params.sumsAt];
  for (var t = 0u; t < params.T; t++) {
    let at = b * params.T + t;
    byEntropy[at] = select(0.0, slope / (max(count, 1.0) * params.rowCount), keep[at] != 0.0);
  }
}
