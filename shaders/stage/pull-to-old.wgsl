// pull-to-old: adds a pull to the old policy on chosen tokens (KL-Cov).
//
//   loss += coefficient · chosen · |Δ|        byLogProb += coefficient · chosen · sign(Δ)        Δ = policyLogProb − oldLogProb
//   sums[b] = (Σ_t chosen · |Δ|, Σ_t chosen)
//
// Shapes     B rows, T tokens
// Bindings   0 policyLogProbs  read    f32 [B, T]
//            1 oldLogProbs     read    f32 [B, T]
//            2 chosen          read    f32 [B, T]        0 where the mask is
//            3 byLogProb       update  f32 [B, T]
//            4 sums            update  f32 [B, S]        two columns from params.sumsAt
//            5 params          uniform
// Dispatch   one lane per row, folded
// Numerics   f32; a row is summed from t = 0 on; sign(0) = 0
// Oracle     pullToOldKernel.reference in src/kernels/stages-covariance.ts

// use lib/grid.wgsl

struct Params {
  B: u32,
  T: u32,
  sumsWidth: u32,
  sumsAt: u32,
  coefficient: f32,
}

@group(0) @binding(0) var<storage, read> policyLogProbs: array<f32>;
@group(0) @binding(1) var<storage, read> oldLogProbs: array<f32>;
@group(0) @binding(2) var<storage, read> chosen: array<f32>;
@group(0) @binding(3) var<storage, read_write> byLogProb: array<f32>;
@group(0) @binding(4) var<storage, read_write> sums: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

override LANES: u32 = 16;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let b = workgroupIndex(workgroup, grid) * LANES + lane;
  if (b >= params.B) { return; }
  var distance = 0.0;
  var count = 0.0;
  for (var t = 0u; t < params.T; t++) {
    let at = b * params.T + t;
    if (chosen[at] == 0.0) { continue; }
    let logRatio = policyLogProbs[at] - oldLogProbs[at];
    byLogProb[at] += params.coefficient * chosen[at] * sign(logRatio);
    distance += chosen[at] * abs(logRatio);
    count += chosen[at];
  }
  let at = b * params.sumsWidth + params.sumsAt;
  sums[at] = distance;
  sums[at + 1u] = count;
}
