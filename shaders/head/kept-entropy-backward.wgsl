// kept-entropy-backward: the gradient of the entropy of the kept tokens, renormalised, with respect to the raw logits.
//
//   q = p / M over the kept, M their mass        entropy = ln M − L / M, L their Σ p · ln p
//   gradient[v] (+)= −byKeptEntropy · q[v] · (ln q[v] + entropy) / temperature    over the kept, 0 elsewhere; the set is held fixed
//
// Shapes     N rows, V vocabulary, S slots
// Bindings   0 logits         read    f32 [N, V]
//            1 slots          read    u32 [N]
//            2 state          read    f32 [N, 8]   of token-stats-finish: m, ln s, …, 1 / temperature
//            3 kept           read    f32 [S, 4]   of kept-set: M, L, …
//            4 bounds         read    f32 [N, 2]   of kept-set
//            5 byKeptEntropy  read    f32 [S]
//            6 gradient       update  f32 [N, V]
//            7 params         uniform
// Dispatch   one lane per element, folded
// Numerics   f32; every element on its own
// Oracle     keptEntropyBackwardDirect.reference in src/kernels/kept-set.ts

// use lib/grid.wgsl

struct Params {
  count: u32,  // N
  vocabulary: u32,  // V
  accumulate: u32,
}

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> slots: array<u32>;
@group(0) @binding(2) var<storage, read> state: array<f32>;
@group(0) @binding(3) var<storage, read> kept: array<f32>;
@group(0) @binding(4) var<storage, read> bounds: array<f32>;
@group(0) @binding(5) var<storage, read> byKeptEntropy: array<f32>;
@group(0) @binding(6) var<storage, read_write> gradient: array<f32>;
@group(0) @binding(7) var<uniform> params: Params;

override LANES: u32 = 16;
const STATE_WIDTH: u32 = 8;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let element = workgroupIndex(workgroup, grid) * LANES + lane;
  if (element >= params.count * params.vocabulary) { return; }
  let row = element / params.vocabulary;
  let v = element % params.vocabulary;
  let at = row * STATE_WIDTH;
  let slot = slots[row];
  let x = logits[element];
  let bound = bounds[row * 2u];

  var slope = 0.0;
  if (x > bound || (x == bound && f32(v) <= bounds[row * 2u + 1u])) {
    let mass = kept[slot * 4u];
    let logMass = log(mass);
    let entropy = logMass - kept[slot * 4u + 1u] / mass;
    let logQ = (x - state[at]) * state[at + 7u] - state[at + 1u] - logMass;
    slope = -byKeptEntropy[slot] * exp(logQ) * (logQ + entropy) * state[at + 7u];
  }
  if (params.accumulate != 0u) { slope += gradient[element]; }
  gradient[element] = slope;
}
