// off-policy-rows: leaves out rows that do badly and have drifted far from the sampler (DeepSeek-V3.2).
//
//   keep[b, ·] = 0 where A < 0 and mean_t(rolloutLogProb − policyLogProb) > threshold, else 1;  sums[b] = Σ_t keep
//
// Shapes     B rows, T tokens; advantages is a view: offset + b · row
// Bindings   0 responseMask     read    f32 [B, T]
//            1 policyLogProbs   read    f32 [B, T]
//            2 rolloutLogProbs  read    f32 [B, T]
//            3 advantages       read    f32              a view
//            4 keep             write   f32 [B, T]
//            5 sums             update  f32 [B, S]       one column from params.sumsAt
//            6 params           uniform
// Dispatch   one lane per row, folded
// Numerics   f32; a row is summed from t = 0 on
// Oracle     offPolicyRowsKernel.reference in src/kernels/stages-select.ts

// use lib/grid.wgsl

struct Params {
  B: u32,
  T: u32,
  advantageOffset: u32,
  advantageRow: u32,
  sumsWidth: u32,
  sumsAt: u32,
  threshold: f32,
}

@group(0) @binding(0) var<storage, read> responseMask: array<f32>;
@group(0) @binding(1) var<storage, read> policyLogProbs: array<f32>;
@group(0) @binding(2) var<storage, read> rolloutLogProbs: array<f32>;
@group(0) @binding(3) var<storage, read> advantages: array<f32>;
@group(0) @binding(4) var<storage, read_write> keep: array<f32>;
@group(0) @binding(5) var<storage, read_write> sums: array<f32>;
@group(0) @binding(6) var<uniform> params: Params;

override LANES: u32 = 16;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let b = workgroupIndex(workgroup, grid) * LANES + lane;
  if (b >= params.B) { return; }
  var drift = 0.0;
  var count = 0.0;
  for (var t = 0u; t < params.T; t++) {
    let at = b * params.T + t;
    if (responseMask[at] == 0.0) { continue; }
    drift += rolloutLogProbs[at] - policyLogProbs[at];
    count += 1.0;
  }
  let isOut = advantages[params.advantageOffset + b * params.advantageRow] < 0.0 && drift / max(count, 1.0) > params.threshold;
  for (var t = 0u; t < params.T; t++) {
    let at = b * params.T + t;
    keep[at] = select(0.0, 1.0, !isOut && responseMask[at] != 0.0);
  }
  sums[b * params.sumsWidth + params.sumsAt] = select(count, 0.0, isOut);
}
