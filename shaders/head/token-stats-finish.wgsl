// token-stats-finish: turns the running sums of every token into its log-probability, its entropy and its moments.
//
//   s = Σ e    t = Σ d·e    (token-stats-tile has the letters)
//   logProb = (x[target] − m) / temperature − ln s                  nats, ≤ 0
//   entropy = ln s − t / s                                          nats, in [0, ln V]
//   moments = m / temperature + ln s,  1 / s,  1[x[target] = m],  mean x / temperature,  Σ e² / s²,  (Σ d·e² − ln s · Σ e²) / s²
//           = logSumExp,  maxProb,  rank1,  meanLogit,  sumP2,  sumP2LogP
//
// Shapes     N tokens; S slots, the rows of the tables that results go to
// Bindings   0 state      update  f32 [N, 8]   afterwards m, ln s, entropy: what the backward pass needs
//            1 slots      read    u32 [N]      each its own
//            2 logProbs   update  f32 [S]
//            3 entropies  update  f32 [S]
//            4 moments    update  f32 [S, 6]
//            5 params     uniform
// Dispatch   one lane per token, folded
// Numerics   f32; entropy is held at 0 where rounding takes it below
// Oracle     tokenStatsFinishDirect.reference in src/kernels/token-stats.ts

// use lib/grid.wgsl

struct Params {
  count: u32,  // N
  inverseVocabulary: f32,  // 1 / V
}

@group(0) @binding(0) var<storage, read_write> state: array<f32>;
@group(0) @binding(1) var<storage, read> slots: array<u32>;
@group(0) @binding(2) var<storage, read_write> logProbs: array<f32>;
@group(0) @binding(3) var<storage, read_write> entropies: array<f32>;
@group(0) @binding(4) var<storage, read_write> moments: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

override LANES: u32 = 16;
const STATE_WIDTH: u32 = 8;
const MOMENTS: u32 = 6;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = workgroupIndex(workgroup, grid) * LANES + lane;
  if (row >= params.count) { return; }
  let at = row * STATE_WIDTH;
  let slot = slots[row];

  let highest = state[at];
  let s = state[at + 1u];
  let squares = state[at + 3u];
  let chosen = state[at + 6u];
  let inverseTemperature = state[at + 7u];
  let logS = log(s);
  // A NaN must stay one, and max() may drop it.
  var entropy = logS - state[at + 2u] / s;
  if (entropy < 0.0) { entropy = 0.0; }

  logProbs[slot] = (chosen - highest) * inverseTemperature - logS;
  entropies[slot] = entropy;
  let out = slot * MOMENTS;
  moments[out] = highest * inverseTemperature + logS;
  moments[out + 1u] = 1.0 / s;
  moments[out + 2u] = select(0.0, 1.0, chosen == highest);
  moments[out + 3u] = state[at + 5u] * params.inverseVocabulary * inverseTemperature;
  moments[out + 4u] = squares / (s * s);
  moments[out + 5u] = (state[at + 4u] - logS * squares) / (s * s);

  state[at + 1u] = logS;
  state[at + 2u] = entropy;
}
