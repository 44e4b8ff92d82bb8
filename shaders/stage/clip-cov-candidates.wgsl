// clip-cov-candidates: the tokens Clip-Cov may leave out.
//
//   candidate = lowCovariance < covariance < highCovariance, and the ratio clip has not stopped the token already
//   sums[b] = Σ_t candidate
//
// Shapes     B rows, T tokens; advantages and bounds are views: offset + b · row + t · column
// Bindings   0 responseMask    read    f32 [B, T]
//            1 policyLogProbs  read    f32 [B, T]
//            2 oldLogProbs     read    f32 [B, T]
//            3 advantages      read    f32             a view
//            4 bounds          read    f32             a view of (low, high), of the ratio
//            5 covariance      read    f32 [B, T]
//            6 candidates      write   f32 [B, T]
//            7 sums            update  f32 [B, S]      one column from params.sumsAt
//            8 params          uniform
// Dispatch   one lane per row, folded
// Numerics   f32
// Oracle     clipCovCandidatesKernel.reference in src/kernels/stages-covariance.ts

// use lib/grid.wgsl

struct Params {
  B: u32,
  T: u32,
  advantageOffset: u32,
  advantageRow: u32,
  advantageColumn: u32,
  boundsOffset: u32,
  boundsRow: u32,
  boundsColumn: u32,
  sumsWidth: u32,
  sumsAt: u32,
  lowCovariance: f32,
  highCovariance: f32,
  clampLogRatio: f32,
}

@group(0) @binding(0) var<storage, read> responseMask: array<f32>;
@group(0) @binding(1) var<storage, read> policyLogProbs: array<f32>;
@group(0) @binding(2) var<storage, read> oldLogProbs: array<f32>;
@group(0) @binding(3) var<storage, read> advantages: array<f32>;
@group(0) @binding(4) var<storage, read> bounds: array<f32>;
@group(0) @binding(5) var<storage, read> covariance: array<f32>;
@group(0) @binding(6) var<storage, read_write> candidates: array<f32>;
@group(0) @binding(7) var<storage, read_write> sums: array<f32>;
@group(0) @binding(8) var<uniform> params: Params;

override LANES: u32 = 16;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let b = workgroupIndex(workgroup, grid) * LANES + lane;
  if (b >= params.B) { return; }
  var count = 0.0;
  for (var t = 0u; t < params.T; t++) {
    let at = b * params.T + t;
    let advantage = advantages[params.advantageOffset + b * params.advantageRow + t * params.advantageColumn];
    let ratio = exp(clamp(policyLogProbs[at] - oldLogProbs[at], -params.clampLogRatio, params.clampLogRatio));
    let bound = params.boundsOffset + b * params.boundsRow + t * params.boundsColumn;
    let isClipped = -advantage * clamp(ratio, bounds[bound], bounds[bound + 1u]) > -advantage * ratio;
    let isBetween = covariance[at] > params.lowCovariance && covariance[at] < params.highCovariance;
    let isCandidate = isBetween && !isClipped && responseMask[at] != 0.0;
    candidates[at] = select(0.0, 1.0, isCandidate);
    count += candidates[at];
  }
  sums[b * params.sumsWidth + params.sumsAt] = count;
}
