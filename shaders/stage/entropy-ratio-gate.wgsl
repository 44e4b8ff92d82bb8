// entropy-ratio-gate: stops tokens whose entropy has changed too much since they were sampled (ERC).
//
//   byLogProb ← 0 where entropy / oldEntropy leaves (low, high);  sums[b] = Σ_t 1[inside]
//
// Shapes     B rows, T tokens
// Bindings   0 responseMask  read    f32 [B, T]
//            1 entropies     read    f32 [B, T]
//            2 oldEntropies  read    f32 [B, T]
//            3 inside        write   f32 [B, T]
//            4 byLogProb     update  f32 [B, T]
//            5 sums          update  f32 [B, S]          one column from params.sumsAt
//            6 params        uniform
// Dispatch   one lane per row, folded
// Numerics   f32
// Oracle     entropyRatioGateKernel.reference in src/kernels/stages-entropy.ts

// use lib/grid.wgsl

struct Params {
  B: u32,
  T: u32,
  sumsWidth: u32,
  sumsAt: u32,
  low: f32,
  high: f32,
}

@group(0) @binding(0) var<storage, read> responseMask: array<f32>;
@group(0) @binding(1) var<storage, read> entropies: array<f32>;
@group(0) @binding(2) var<storage, read> oldEntropies: array<f32>;
@group(0) @binding(3) var<storage, read_write> inside: array<f32>;
@group(0) @binding(4) var<storage, read_write> byLogProb: array<f32>;
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
  var count = 0.0;
  for (var t = 0u; t < params.T; t++) {
    let at = b * params.T + t;
    let ratio = entropies[at] / oldEntropies[at];
    let isInside = responseMask[at] != 0.0 && ratio > params.low && ratio < params.high;
    inside[at] = select(0.0, 1.0, isInside);
    if (!isInside) { byLogProb[at] = 0.0; }
    count += inside[at];
  }
  sums[b * params.sumsWidth + params.sumsAt] = count;
}
