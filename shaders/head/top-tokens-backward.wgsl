// top-tokens-backward: the gradient of the log-probabilities of the K most likely tokens with respect to the raw logits.
//
//   gradient[v] (+)= Σ_k byTopLogProb[k] · (1[v = topIds[k]] − p[v]) / temperature        the ids are held fixed
//
// Shapes     N rows, V vocabulary, K tokens, S slots
// Bindings   0 logits        read    f32 [N, V]
//            1 slots         read    u32 [N]
//            2 state         read    f32 [N, 8]   of token-stats-finish: m, ln s, …, 1 / temperature
//            3 topIds        read    u32 [S, K]   of top-tokens
//            4 byTopLogProb  read    f32 [S, K]
//            5 gradient      update  f32 [N, V]
//            6 params        uniform
// Dispatch   one lane per element, folded
// Numerics   f32; every element on its own
// Oracle     topTokensBackwardDirect.reference in src/kernels/top-tokens.ts

// use lib/grid.wgsl

struct Params {
  count: u32,  // N
  vocabulary: u32,  // V
  k: u32,  // K
  accumulate: u32,
}

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> slots: array<u32>;
@group(0) @binding(2) var<storage, read> state: array<f32>;
@group(0) @binding(3) var<storage, read> topIds: array<u32>;
@group(0) @binding(4) var<storage, read> byTopLogProb: array<f32>;
@group(0) @binding(5) var<storage, read_write> gradient: array<f32>;
@group(0) @binding(6) var<uniform> params: Params;

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
  let scale = state[at + 7u];
  let p = exp((logits[element] - state[at]) * scale - state[at + 1u]);

  var slope = 0.0;
  for (var k = 0u; k < params.k; k++) {
    let place = slots[row] * params.k + k;
    slope += byTopLogProb[place] * (select(0.0, 1.0, topIds[place] == v) - p);
  }
  slope *= scale;
  if (params.accumulate != 0u) { slope += gradient[element]; }
  gradient[element] = slope;
}
