// covariance: how a token's log-prob and advantage lie together about their means over the mini-batch.
//
//   covariance[b, t] = (A − mean A) · (logProb − mean logProb);  0 where the mask is
//
// Shapes     B rows, T tokens; advantages is a view: offset + b · row + t · column
// Bindings   0 responseMask  read    f32 [B, T]
//            1 logProbs      read    f32 [B, T]
//            2 advantages    read    f32                 a view
//            3 sums          read    f32 [B, S]          Σ logProb, Σ A of each row from params.sumsAt
//            4 covariance    write   f32 [B, T]
//            5 params        uniform
// Dispatch   one lane per row, folded
// Numerics   f32; every lane adds the rows' sums up in the same order, so all see the same means
// Oracle     covarianceKernel.reference in src/kernels/stages-covariance.ts

// use lib/grid.wgsl

struct Params {
  B: u32,
  T: u32,
  advantageOffset: u32,
  advantageRow: u32,
  advantageColumn: u32,
  sumsWidth: u32,
  sumsAt: u32,
  tokenCount: f32,
}

@group(0) @binding(0) var<storage, read> responseMask: array<f32>;
@group(0) @binding(1) var<storage, read> logProbs: array<f32>;
@group(0) @binding(2) var<storage, read> advantages: array<f32>;
@group(0) @binding(3) var<storage, read> sums: array<f32>;
@group(0) @binding(4) var<storage, read_write> covariance: array<f32>;
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
  var logProbMean = 0.0;
  var advantageMean = 0.0;
  for (var row = 0u; row < params.B; row++) {
    logProbMean += sums[row * params.sumsWidth + params.sumsAt];
    advantageMean += sums[row * params.sumsWidth + params.sumsAt + 1u];
  }
  logProbMean /= params.tokenCount;
  advantageMean /= params.tokenCount;
  for (var t = 0u; t < params.T; t++) {
    let at = b * params.T + t;
    if (responseMask[at] == 0.0) {
      covariance[at] = 0.0;
      continue;
    }
    let advantage = advantages[params.advantageOffset + b * params.advantageRow + t * params.advantageColumn];
    covariance[at] = (advantage - advantageMean) * (logProbs[at] - logProbMean);
  }
}
