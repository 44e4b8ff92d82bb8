// token-stats-backward: turns one tile of logits into their gradient, from two slopes per token.
//
//   ln p[v] = (logits[v] − m) / temperature − ln s
//   dLogits[v] = ( byLogProb · (1[v = target] − p[v]) − byEntropy · p[v] · (ln p[v] + entropy) ) / temperature
//
// Shapes     N tokens, W tile width, S slots
// Bindings   0 logits     update  f32 [N, W]   becomes dLogits
//            1 targets    read    u32 [N]
//            2 slots      read    u32 [N]
//            3 state      read    f32 [N, 8]   of token-stats-finish: m, ln s, entropy
//            4 byLogProb  read    f32 [S]
//            5 byEntropy  read    f32 [S]
//            6 params     uniform
// Dispatch   one lane per element of the tile, folded
// Numerics   f32; every element on its own
// Oracle     tokenStatsBackwardDirect.reference in src/kernels/token-stats.ts

// use lib/grid.wgsl

struct Params {
  count: u32,  // N
  tileStart: u32,  // first id of the tile
  tileWidth: u32,  // W
  inverseTemperature: f32,
}

@group(0) @binding(0) var<storage, read_write> logits: array<f32>;
@group(0) @binding(1) var<storage, read> targets: array<u32>;
@group(0) @binding(2) var<storage, read> slots: array<u32>;
@group(0) @binding(3) var<storage, read> state: array<f32>;
@group(0) @binding(4) var<storage, read> byLogProb: array<f32>;
@group(0) @binding(5) var<storage, read> byEntropy: array<f32>;
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
  if (element >= params.count * params.tileWidth) { return; }
  let row = element / params.tileWidth;
  let column = element % params.tileWidth;
  let at = row * STATE_WIDTH;
  let slot = slots[row];

  let logP = (logits[element] - state[at]) * params.inverseTemperature - state[at + 1u];
  let p = exp(logP);
  let isTarget = select(0.0, 1.0, params.tileStart + column == targets[row]);
  let slope = byLogProb[slot] * (isTarget - p) - byEntropy[slot] * p * (logP + state[at + 2u]);
  logits[element] = slope * params.inverseTemperature;
}
