// entropy-shaped-advantages: advantages raised where the policy was undecided, never so far that their sign changes.
//
//   shaped[b, t] = A + min(alpha · entropy, |A| / kappa);  0 where the mask is
//
// Shapes     B rows, T tokens; advantages is a view: offset + b · row + t · column
// Bindings   0 responseMask  read    f32 [B, T]
//            1 entropies     read    f32 [B, T]
//            2 advantages    read    f32                 a view
//            3 shaped        write   f32 [B, T]
//            4 params        uniform
// Dispatch   one lane per element, folded
// Numerics   f32
// Oracle     entropyShapedKernel.reference in src/kernels/stages-entropy.ts

// use lib/grid.wgsl

struct Params {
  B: u32,
  T: u32,
  advantageOffset: u32,
  advantageRow: u32,
  advantageColumn: u32,
  alpha: f32,
  kappa: f32,
}

@group(0) @binding(0) var<storage, read> responseMask: array<f32>;
@group(0) @binding(1) var<storage, read> entropies: array<f32>;
@group(0) @binding(2) var<storage, read> advantages: array<f32>;
@group(0) @binding(3) var<storage, read_write> shaped: array<f32>;
@group(0) @binding(4) var<uniform> params: Params;

override LANES: u32 = 16;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let at = workgroupIndex(workgroup, grid) * LANES + lane;
  if (at >= params.B * params.T) { return; }
  let advantage = advantages[params.advantageOffset + at / params.T * params.advantageRow + at % params.T * params.advantageColumn];
  shaped[at] = select(0.0, advantage + min(params.alpha * entropies[at], abs(advantage) / params.kappa), responseMask[at] != 0.0);
}
