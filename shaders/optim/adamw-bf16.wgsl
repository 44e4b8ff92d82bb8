// adamw-bf16: the update of `adamw` with moments held as bfloat16, two to a word: the lower half of a word comes first.
//
//   g = factor · gradients
//   m ← beta1 · m + (1 − beta1) · g        v ← beta2 · v + (1 − beta2) · g²
//   w ← w − lr · weightDecay · w           w ← w − stepSize · m / (√v / rootCorrection2 + eps)
//   stepSize = lr / (1 − beta1ᵗ)           rootCorrection2 = √(1 − beta2ᵗ)
//
// The step is made with m and v as they were computed. What is kept of m is the nearest bfloat16; v moves by less than half its step in most
// updates, so it is rounded up with the probability of what is cut off: right on average.
//
//   kept v = upper half of (bits of v + a random number below 2¹⁶), of philox(word, t)
//
// t counts the updates that were made (lib/adamw-pace.wgsl).
//
// Shapes     E elements, ⌈E/2⌉ words
// Bindings   0 weights    update  f32 [E]
//            1 gradients  read    f32 [E]
//            2 m          update  u32 [⌈E/2⌉]
//            3 v          update  u32 [⌈E/2⌉]
//            4 control    read    f32 [4]   of clip-control: norm, factor, finite, skipped; not finite leaves everything as it is
//            5 params     uniform
// Dispatch   one lane per span of neighbouring words, folded
// Numerics   f32; every element on its own
// Oracle     adamwBf16.reference in src/kernels/adamw-bf16.ts

// use lib/grid.wgsl
// use lib/random.wgsl
// use lib/adamw-pace.wgsl

struct Params {
  count: u32,  // E
  span: u32,  // words of a lane
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
  step: u32,  // t, as the host knows
  key0: u32,
  key1: u32,
}

@group(0) @binding(0) var<storage, read_write> weights: array<f32>;
@group(0) @binding(1) var<storage, read> gradients: array<f32>;
@group(0) @binding(2) var<storage, read_write> m: array<u32>;
@group(0) @binding(3) var<storage, read_write> v: array<u32>;
@group(0) @binding(4) var<storage, read> control: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

override LANES: u32 = 16;

// The nearest bfloat16, ties to even.
fn nearest(value: f32) -> u32 {
  let bits = bitcast<u32>(value);
  return (bits + 0x7fffu + ((bits >> 16u) & 1u)) >> 16u;
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  if (control[2] == 0.0) { return; }
  let pace = paceOfUpdate();
  let made = params.step - pace.skipped;
  let start = (workgroupIndex(workgroup, grid) * LANES + lane) * params.span;
  let words = (params.count + 1u) / 2u;
  for (var word = start; word < min(start + params.span, words); word++) {
    let random = philox(vec4u(word, made, 0u, 0u), vec2u(params.key0, params.key1)).x;
    var firsts = m[word];
    var seconds = v[word];
    for (var half = 0u; half < 2u; half++) {
      let i = 2u * word + half;
      if (i >= params.count) { break; }
      let shift = 16u * half;
      let g = control[1] * gradients[i];
      let first = params.beta1 * bitcast<f32>((firsts >> shift) << 16u) + params.oneMinusBeta1 * g;
      let second = params.beta2 * bitcast<f32>((seconds >> shift) << 16u) + params.oneMinusBeta2 * g * g;
      let decayed = weights[i] - params.decay * weights[i];
      weights[i] = decayed - pace.stepSize * first / (sqrt(second) / pace.rootCorrection2 + params.eps);
      let others = 0xffff0000u >> shift;
      firsts = (firsts & others) | (nearest(first) << shift);
      seconds = (seconds & others) | (((bitcast<u32>(second) + ((random >> shift) & 0xffffu)) >> 16u) << shift);
    }
    m[word] = firsts;
    v[word] = seconds;
  }
}
