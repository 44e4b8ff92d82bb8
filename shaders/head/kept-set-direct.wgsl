// kept-set-direct: which tokens of every row a rule keeps, and what they hold of the distribution, one lane per row, no barriers.
//
//   p = softmax(logits / temperature), tokens in falling order of p, of equals the lower id first
//   rule 0   p ≥ amount · max p                                  (min-p)
//   rule 1   the fewest first tokens whose mass reaches amount   (nucleus)
//   rule 2   the same without the last of them
//   rule 3   the first amount tokens
//   kept = Σ p, Σ p · ln p, number of tokens, 1[target is kept]
//   A token is kept when its logit is above bounds[0], or equal to it and its id at most bounds[1].
//
// Shapes     N rows, V vocabulary, S slots
// Bindings   0 logits   read    f32 [N, V]
//            1 targets  read    u32 [N]
//            2 slots    read    u32 [N]
//            3 state    read    f32 [N, 8]   of token-stats-finish: m, ln s, …, 1 / temperature
//            4 kept     update  f32 [S, 4]
//            5 bounds   write   f32 [N, 2]
//            6 params   uniform
// Dispatch   one lane per row, folded
// Numerics   f32; bounds are found on the bits of the logits, exactly; sums in blocks
// Oracle     keptSetDirect.reference in src/kernels/kept-set.ts

// use lib/grid.wgsl
// use lib/order.wgsl
// use lib/thresholds-direct.wgsl

struct Params {
  count: u32,  // N
  vocabulary: u32,  // V
  rule: u32,
  amount: f32,
}

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> targets: array<u32>;
@group(0) @binding(2) var<storage, read> slots: array<u32>;
@group(0) @binding(3) var<storage, read> state: array<f32>;
@group(0) @binding(4) var<storage, read_write> kept: array<f32>;
@group(0) @binding(5) var<storage, read_write> bounds: array<f32>;
@group(0) @binding(6) var<uniform> params: Params;

override LANES: u32 = 16;
const STATE_WIDTH: u32 = 8;
const EVERY_TIE: f32 = 16777215.0;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = workgroupIndex(workgroup, grid) * LANES + lane;
  if (row >= params.count) { return; }
  let base = row * params.vocabulary;
  let highest = state[row * STATE_WIDTH];
  let logS = state[row * STATE_WIDTH + 1u];
  let scale = state[row * STATE_WIDTH + 7u];

  var bound = vec2f(highest + log(params.amount) / scale, EVERY_TIE);
  if (params.rule == 3u) { bound = boundByCount(base, u32(params.amount)); }
  if (params.rule == 1u || params.rule == 2u) { bound = boundByMass(base, highest, scale); }
  bounds[row * 2u] = bound.x;
  bounds[row * 2u + 1u] = bound.y;

  var sums = vec3f();  // Σ p, Σ p · ln p, count
  for (var start = 0u; start < params.vocabulary; start += BLOCK) {
    var block = vec3f();
    for (var v = start; v < min(start + BLOCK, params.vocabulary); v++) {
      if (isKept(logits[base + v], v, bound)) {
        let logP = (logits[base + v] - highest) * scale - logS;
        block += vec3f(exp(logP), exp(logP) * logP, 1.0);
      }
    }
    sums += block;
  }
  let out = slots[row] * 4u;
  kept[out] = sums.x;
  kept[out + 1u] = sums.y;
  kept[out + 2u] = sums.z;
  kept[out + 3u] = select(0.0, 1.0, isKept(logits[base + targets[row]], targets[row], bound));
}

fn isKept(x: f32, v: u32, bound: vec2f) -> bool {
  return x > bound.x || (x == bound.x && f32(v) <= bound.y);
}

fn boundByCount(base: u32, wanted: u32) -> vec2f {
  let value = valueOfKey(kthKey(base, wanted));
  var missing = i32(wanted);
  for (var v = 0u; v < params.vocabulary; v++) { missing -= select(0, 1, logits[base + v] > value); }
  var last = -1.0;
  for (var v = 0u; v < params.vocabulary && missing > 0; v++) {
    if (logits[base + v] == value) {
      missing--;
      last = f32(v);
    }
  }
  return vec2f(value, last);
}

fn boundByMass(base: u32, highest: f32, scale: f32) -> vec2f {
  let key = nucleusKey(base, highest, scale, params.amount, 0u);
  let value = valueOfKey(key);
  if (key == 0u) { return vec2f(-0x1p127f, EVERY_TIE); }  // rounding: not even all reach the amount
  let enough = params.amount * massBetween(base, highest, scale, 0u, 0xffffffffu);
  var mass = massBetween(base, highest, scale, key + 1u, 0xffffffffu);
  var last = -1.0;
  var before = -1.0;
  for (var v = 0u; v < params.vocabulary && (mass < enough || last < 0.0); v++) {
    if (logits[base + v] == value) {
      mass += exp((value - highest) * scale);
      before = last;
      last = f32(v);
    }
  }
  return vec2f(value, select(last, before, params.rule == 2u));
}
