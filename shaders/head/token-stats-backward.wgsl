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
// Dispatch   one lane per span of neighbouring elements of a row, folded
// Numerics   f32; every element on its own
// Oracle     tokenStatsBackwardDirect.reference in src/kernels/token-stats.ts

// use lib/grid.wgsl

struct Params {
  count: u32,  // N
  tileStart: u32,  // first id of the tile
  tileWidth: u32,  // W
  span: u32,  // elements of a lane
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
  let spans = (params.tileWidth + params.span - 1u) / params.span;
  let index = workgroupIndex(workgroup, grid) * LANES + lane;
  let row = index / spans;
  if (row >= params.count) { return; }
  let at = row * STATE_WIDTH;
  let slot = slots[row];
  let byP = byLogProb[slot];
  let byH = byEntropy[slot];
  let column = targets[row] - params.tileStart;  // wraps to a large number below the tile

  let first = (index % spans) * params.span;
  for (var v = first; v < min(first + params.span, params.tileWidth); v++) {
    let element = row * params.tileWidth + v;
    let logP = (logits[element] - state[at]) * params.inverseTemperature - state[at + 1u];
    let p = exp(logP);
    let isTarget = select(0.0, 1.0, v == column);
    logits[element] = (byP * (isTarget - p) - byH * p * (logP + state[at + 2u])) * params.inverseTemperature;
  }
}
