// adamw: one update of a tensor's weights by Adam with decoupled weight decay; clips on the way.
//
//   g = factor · gradients
//   m ← beta1 · m + (1 − beta1) · g        v ← beta2 · v + (1 − beta2) · g²
//   w ← w − lr · weightDecay · w           w ← w − stepSize · m / (√v / rootCorrection2 + eps)
//   stepSize = lr / (1 − beta1ᵗ)           rootCorrection2 = √(1 − beta2ᵗ)
//
// t counts the updates that were made (lib/adamw-pace.wgsl).
//
// Shapes     E elements
// Bindings   0 weights    update  f32 [E]
//            1 gradients  read    f32 [E]
//            2 m          update  f32 [E]
//            3 v          update  f32 [E]
//            4 control    read    f32 [4]   of clip-control: norm, factor, finite, skipped; not finite leaves everything as it is
//            5 params     uniform
// Dispatch   one lane per span of neighbouring elements, folded
// Numerics   f32; every element on its own
// Oracle     adamwDirect.reference in src/kernels/adamw.ts

// use lib/grid.wgsl
// use lib/adamw-pace.wgsl

struct Params {
  count: u32,  // E
  span: u32,  // elements of a lane
  beta1: f32,
  beta2: f32,
  oneMinusBeta1: f32,
  oneMinusBeta2: f32,
  decay: f32,  // lr · weightDecay
  stepSize: f32,
  rootCorrection2: f32,
  eps: f32,
  lr: f32,
  correction1: f32,  // 1 − beta1ᵗ
  correction2: f32,
  stepBack1: f32,  // 1/beta1 − 1
  stepBack2: f32,
  skipped: f32,  // as the host knows
}

@group(0) @binding(0) var<storage, read_write> weights: array<f32>;
@group(0) @binding(1) var<storage, read> gradients: array<f32>;
@group(0) @binding(2) var<storage, read_write> m: array<f32>;
@group(0) @binding(3) var<storage, read_write> v: array<f32>;
@group(0) @binding(4) var<storage, read> control: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

override LANES: u32 = 16;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  if (control[2] == 0.0) { return; }
  let pace = paceOfUpdate();
  let start = (workgroupIndex(workgroup, grid) * LANES + lane) * params.span;
  for (var i = start; i < min(start + params.span, params.count); i++) {
    let g = control[1] * gradients[i];
    let first = params.beta1 * m[i] + params.oneMinusBeta1 * g;
    let second = params.beta2 * v[i] + params.oneMinusBeta2 * g * g;
    let decayed = weights[i] - params.decay * weights[i];
    weights[i] = decayed - pace.stepSize * first / (sqrt(second) / pace.rootCorrection2 + params.eps);
    m[i] = first;
    v[i] = second;
  }
}
