// top-tokens-direct: the K most likely tokens of every row and their log-probabilities, one lane per row, no barriers.
//
//   Tokens in falling order of their logits, of equals the lower id first.
//
// Shapes     N rows, V vocabulary, K ≤ V, S slots
// Bindings   0 logits       read    f32 [N, V]
//            1 slots        read    u32 [N]
//            2 state        read    f32 [N, 8]   of token-stats-finish: m, ln s, …, 1 / temperature
//            3 topIds       update  u32 [S, K]
//            4 topLogProbs  update  f32 [S, K]
//            5 params       uniform
// Dispatch   one lane per row, folded
// Numerics   f32; order is exact
// Oracle     topTokensDirect.reference in src/kernels/top-tokens.ts

// use lib/grid.wgsl

struct Params {
  count: u32,  // N
  vocabulary: u32,  // V
  k: u32,  // K
}

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> slots: array<u32>;
@group(0) @binding(2) var<storage, read> state: array<f32>;
@group(0) @binding(3) var<storage, read_write> topIds: array<u32>;
@group(0) @binding(4) var<storage, read_write> topLogProbs: array<f32>;
@group(0) @binding(5) var<uniform> params: Params;

override LANES: u32 = 16;
const STATE_WIDTH: u32 = 8;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = workgroupIndex(workgroup, grid) * LANES + lane;
  if (row >= params.count) { return; }
  let base = row * params.vocabulary;
  let at = row * STATE_WIDTH;

  var value = 0.0;
  var id = 0u;
  for (var k = 0u; k < params.k; k++) {
    // The largest of those that come after the last one taken; the first of them when several are equal.
    var next = -0x1.fffffep127f;
    var nextId = params.vocabulary;
    for (var v = 0u; v < params.vocabulary; v++) {
      let x = logits[base + v];
      let comesAfter = k == 0u || x < value || (x == value && v > id);
      if (comesAfter && (x > next || nextId == params.vocabulary)) {
        next = x;
        nextId = v;
      }
    }
    value = next;
    id = nextId;
    topIds[slots[row] * params.k + k] = id;
    topLogProbs[slots[row] * params.k + k] = (value - state[at]) * state[at + 7u] - state[at + 1u];
  }
}
