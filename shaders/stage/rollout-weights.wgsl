// rollout-weights: importance weights for the gap between the policy that sampled and the policy the trainer recomputed.
//
//   d = oldLogProb − rolloutLogProb;  x = d per token, or Σ_t d of the row, held in ± clampLogRatio;  w° = e^x
//   truncate: w = clip(w°, low, high)        mask: w = w° where low ≤ w° ≤ high, else 0
//
// Shapes     B rows, T tokens
// Bindings   0 responseMask     read    f32 [B, T]
//            1 oldLogProbs      read    f32 [B, T]
//            2 rolloutLogProbs  read    f32 [B, T]
//            3 weights          write   f32 [B, T]       0 where the mask is
//            4 sums             update  f32 [B, S]       four columns: Σ w, Σ 1[w° > high], Σ 1[w° < low], Σ w² from params.sumsAt
//            5 params           uniform
// Dispatch   one lane per row, folded
// Numerics   f32; a row is summed from t = 0 on
// Oracle     rolloutWeightsKernel.reference in src/kernels/stages-rollout.ts

// use lib/grid.wgsl

struct Params {
  B: u32,
  T: u32,
  wholeRow: u32,
  masks: u32,
  sumsWidth: u32,
  sumsAt: u32,
  low: f32,
  high: f32,
  clampLogRatio: f32,
}

@group(0) @binding(0) var<storage, read> responseMask: array<f32>;
@group(0) @binding(1) var<storage, read> oldLogProbs: array<f32>;
@group(0) @binding(2) var<storage, read> rolloutLogProbs: array<f32>;
@group(0) @binding(3) var<storage, read_write> weights: array<f32>;
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
  var rowGap = 0.0;
  for (var t = 0u; t < params.T; t++) {
    let at = b * params.T + t;
    if (responseMask[at] != 0.0) { rowGap += oldLogProbs[at] - rolloutLogProbs[at]; }
  }
  var total = vec4f(0.0);
  for (var t = 0u; t < params.T; t++) {
    let at = b * params.T + t;
    if (responseMask[at] == 0.0) {
      weights[at] = 0.0;
      continue;
    }
    let gap = select(oldLogProbs[at] - rolloutLogProbs[at], rowGap, params.wholeRow != 0u);
    let raw = exp(clamp(gap, -params.clampLogRatio, params.clampLogRatio));
    let isHigh = raw > params.high;
    let isLow = raw < params.low;
    var weight = clamp(raw, params.low, params.high);
    if (params.masks != 0u) { weight = select(raw, 0.0, isHigh || isLow); }
    weights[at] = weight;
    total += vec4f(weight, select(0.0, 1.0, isHigh), select(0.0, 1.0, isLow), weight * weight);
  }
  let at = b * params.sumsWidth + params.sumsAt;
  sums[at] = total.x;
  sums[at + 1u] = total.y;
  sums[at + 2u] = total.z;
  sums[at + 3u] = total.w;
}
