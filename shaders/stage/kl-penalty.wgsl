// kl-penalty: adds the slope of β · KL(policy ‖ reference), and sums the estimate over each row.
//
//   x = refLogProb − policyLogProb, clamped to ± clampLogRatio
//   k1 = −x   abs = |x|   k2 = ½x²   k3 = e^x − x − 1, clamped to ± clampK3          (estimator 0, 1, 2, 3)
//   byLogProb += coefficient[b] · ∂k/∂logProb;  the slope is k2's, −x, when params.straight: "k3+" and its kin
//   params.biased: k · e^(policyLogProb − oldLogProb), which makes the estimate unbiased off-policy
//
// Shapes     B rows, T tokens; coefficients is a view: offset + b · row + t · column
// Bindings   0 responseMask    read    f32 [B, T]
//            1 policyLogProbs  read    f32 [B, T]
//            2 refLogProbs     read    f32 [B, T]
//            3 oldLogProbs     read    f32 [B, T]
//            4 coefficients    read    f32
//            5 byLogProb       update  f32 [B, T]
//            6 sums            update  f32 [B, S]   one column, params.sumsAt: Σ_t k
//            7 params          uniform
// Dispatch   one lane per row, folded
// Numerics   f32; the slope is exactly 0 where a clamp holds the value
// Oracle     klPenaltyKernel.reference in src/kernels/stages-penalty.ts

// use lib/grid.wgsl

struct Params {
  B: u32,
  T: u32,
  coefficientOffset: u32,
  coefficientRow: u32,
  coefficientColumn: u32,
  sumsWidth: u32,
  sumsAt: u32,
  estimator: u32,
  straight: u32,
  biased: u32,
  clampLogRatio: f32,
  clampK3: f32,
}

@group(0) @binding(0) var<storage, read> responseMask: array<f32>;
@group(0) @binding(1) var<storage, read> policyLogProbs: array<f32>;
@group(0) @binding(2) var<storage, read> refLogProbs: array<f32>;
@group(0) @binding(3) var<storage, read> oldLogProbs: array<f32>;
@group(0) @binding(4) var<storage, read> coefficients: array<f32>;
@group(0) @binding(5) var<storage, read_write> byLogProb: array<f32>;
@group(0) @binding(6) var<storage, read_write> sums: array<f32>;
@group(0) @binding(7) var<uniform> params: Params;

override LANES: u32 = 16;

// Value and slope in the policy's log-prob.
fn estimate(raw: f32) -> vec2f {
  let x = clamp(raw, -params.clampLogRatio, params.clampLogRatio);
  let moves = select(0.0, 1.0, abs(raw) <= params.clampLogRatio);
  if (params.estimator == 0u) { return vec2f(-x, moves); }
  if (params.estimator == 1u) { return vec2f(abs(x), -sign(x) * moves); }
  if (params.estimator == 2u) { return vec2f(0.5 * x * x, -x * moves); }
  let k = exp(x) - x - 1.0;
  return vec2f(clamp(k, -params.clampK3, params.clampK3), select(0.0, (1.0 - exp(x)) * moves, abs(k) <= params.clampK3));
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let b = workgroupIndex(workgroup, grid) * LANES + lane;
  if (b >= params.B) { return; }
  var total = 0.0;
  for (var t = 0u; t < params.T; t++) {
    let at = b * params.T + t;
    if (responseMask[at] == 0.0) { continue; }
    let raw = refLogProbs[at] - policyLogProbs[at];
    var k = estimate(raw);
    if (params.straight != 0u) { k.y = -raw; }
    if (params.biased != 0u) {
      let ratio = exp(policyLogProbs[at] - oldLogProbs[at]);
      k = vec2f(k.x * ratio, (k.y + k.x) * ratio);
    }
    byLogProb[at] += coefficients[params.coefficientOffset + b * params.coefficientRow + t * params.coefficientColumn] * k.y;
    total += k.x;
  }
  sums[b * params.sumsWidth + params.sumsAt] = total;
}
