// entropy-bonus: writes the slope in the entropy, and sums the entropy over each row.
//
//   byEntropy[b, t] = coefficient[b] · keep[b, t]
//
// Shapes     B rows, T tokens; coefficients is a view: offset + b · row
// Bindings   0 responseMask  read    f32 [B, T]
//            1 entropies     read    f32 [B, T]   of the whole distribution, nats
//            2 coefficients  read    f32
//            3 keep          read    f32 [B, T]   1 where the bonus acts; all tokens unless params.masked
//            4 byEntropy     write   f32 [B, T]
//            5 sums          update  f32 [B, S]   two columns from params.sumsAt: Σ entropy, Σ keep · entropy
//            6 params        uniform
// Dispatch   one lane per row, folded
// Numerics   f32; exactly 0 where the mask is 0
// Oracle     entropyBonusKernel.reference in src/kernels/stages-penalty.ts

// use lib/grid.wgsl

struct Params {
  B: u32,
  T: u32,
  coefficientOffset: u32,
  coefficientRow: u32,
  masked: u32,
  sumsWidth: u32,
  sumsAt: u32,
}

@group(0) @binding(0) var<storage, read> responseMask: array<f32>;
@group(0) @binding(1) var<storage, read> entropies: array<f32>;
@group(0) @binding(2) var<storage, read> coefficients: array<f32>;
@group(0) @binding(3) var<storage, read> keep: array<f32>;
@group(0) @binding(4) var<storage, read_write> byEntropy: array<f32>;
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
  let coefficient = coefficients[params.coefficientOffset + b * params.coefficientRow];
  var total = 0.0;
  var kept = 0.0;
  for (var t = 0u; t < params.T; t++) {
    let at = b * params.T + t;
    byEntropy[at] = 0.0;
    if (responseMask[at] == 0.0) { continue; }
    var share = 1.0;
    if (params.masked != 0u) { share = keep[at]; }
    byEntropy[at] = coefficient * share;
    total += entropies[at];
    kept += share * entropies[at];
  }
  let at = b * params.sumsWidth + params.sumsAt;
  sums[at] = total;
  sums[at + 1u] = kept;
}
