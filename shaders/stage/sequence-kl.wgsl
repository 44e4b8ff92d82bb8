// sequence-kl: adds the slope of KL to the reference estimated on whole completions.
//
//   x_i = mean_t(refLogProb − logProb), held in ± clampLogRatio      k_i = e^x − x − 1
//   loss = Σ_i coefficient[i] · length_i · k_i;  byLogProb[i, t] += coefficient[i] · (1 − e^x)
//
// Shapes     B rows, T tokens; coefficients and lengths are columns side by side: offset + b · row
// Bindings   0 responseMask  read    f32 [B, T]
//            1 sums          read    f32 [B, S]   Σ_t logProb, Σ_t refLogProb of each row at params.sumsAt
//            2 rows          read    f32          coefficient, length, side by side
//            3 byLogProb     update  f32 [B, T]
//            4 params        uniform
// Dispatch   one lane per row, folded
// Numerics   f32; the slope is exactly 0 where the clamp holds x
// Oracle     sequenceKlKernel.reference in src/kernels/stages-listwise.ts

// use lib/grid.wgsl

struct Params {
  B: u32,
  T: u32,
  sumsWidth: u32,
  sumsAt: u32,
  rowsOffset: u32,
  rowsRow: u32,
  clampLogRatio: f32,
}

@group(0) @binding(0) var<storage, read> responseMask: array<f32>;
@group(0) @binding(1) var<storage, read> sums: array<f32>;
@group(0) @binding(2) var<storage, read> rows: array<f32>;
@group(0) @binding(3) var<storage, read_write> byLogProb: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

override LANES: u32 = 16;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let b = workgroupIndex(workgroup, grid) * LANES + lane;
  if (b >= params.B) { return; }
  let column = params.rowsOffset + b * params.rowsRow;
  let sum = b * params.sumsWidth + params.sumsAt;
  let x = (sums[sum + 1u] - sums[sum]) / max(rows[column + 1u], 1.0);
  let slope = select(0.0, rows[column] * (1.0 - exp(x)), abs(x) <= params.clampLogRatio);
  for (var t = 0u; t < params.T; t++) {
    let at = b * params.T + t;
    if (responseMask[at] != 0.0) { byLogProb[at] += slope; }
  }
}
