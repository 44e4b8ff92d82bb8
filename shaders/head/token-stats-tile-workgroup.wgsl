// token-stats-tile-workgroup: takes one tile of the vocabulary into the running sums of every token, one workgroup per token.
//
//   x = logits of all tiles so far        m = max x        d = (x − m) / temperature        e = exp(d)
//   state = m, Σ e, Σ d·e, Σ e², Σ d·e², Σ x, x[target], 1 / temperature
//   When m rises by r (in units of temperature): Σ e ← f · Σ e, Σ d·e ← f · (Σ d·e − r · Σ e), f = exp(−r); squares with f².
//
// Shapes     N tokens, W tile width
// Bindings   0 logits   read    f32 [N, W]
//            1 targets  read    u32 [N]      ids of the whole vocabulary
//            2 state    update  f32 [N, 8]
//            3 params   uniform
// Dispatch   one workgroup per token, folded
// Numerics   f32; differences are taken before scaling, so large logits lose nothing; a fixed tree over the lanes' sums
// Oracle     tokenStatsTileWorkgroup.reference in src/kernels/token-stats.ts

// use lib/grid.wgsl
// use lib/reduce.wgsl

struct Params {
  count: u32,  // N
  tileStart: u32,  // first id of the tile
  tileWidth: u32,  // W
  inverseTemperature: f32,
  first: u32,  // 1: the state's old content does not count
}

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> targets: array<u32>;
@group(0) @binding(2) var<storage, read_write> state: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

override LANES: u32 = 128;  // a power of two
const STATE_WIDTH: u32 = 8;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = workgroupIndex(workgroup, grid);
  if (row >= params.count) { return; }  // uniform per workgroup, so the barriers below stay legal
  let base = row * params.tileWidth;
  let at = row * STATE_WIDTH;

  var highest = logits[base];
  for (var v = lane; v < params.tileWidth; v += LANES) { highest = max(highest, logits[base + v]); }
  if (params.first == 0u) { highest = max(highest, state[at]); }
  highest = reduceMax(lane, highest);

  var sums = vec4f();  // Σ e, Σ d·e, Σ e², Σ d·e²
  var total = 0.0;
  for (var v = lane; v < params.tileWidth; v += LANES) {
    let x = logits[base + v];
    let d = (x - highest) * params.inverseTemperature;
    let e = exp(d);
    sums += vec4f(e, d * e, e * e, d * e * e);
    total += x;
  }
  sums = reduceSum4(lane, sums);
  total = reduceSum(lane, total);
  if (lane != 0u) { return; }

  if (params.first == 0u) {
    // exp(−200) is 0 in f32; held there so that 0 never meets an infinity.
    let fall = max((state[at] - highest) * params.inverseTemperature, -200.0);
    let f = exp(fall);
    let old = vec4f(state[at + 1u], state[at + 2u], state[at + 3u], state[at + 4u]);
    sums += vec4f(old.x * f, (old.y + fall * old.x) * f, old.z * f * f, (old.w + fall * old.z) * f * f);
    total += state[at + 5u];
  }
  state[at] = highest;
  state[at + 1u] = sums.x;
  state[at + 2u] = sums.y;
  state[at + 3u] = sums.z;
  state[at + 4u] = sums.w;
  state[at + 5u] = total;
  state[at + 7u] = params.inverseTemperature;
  let column = targets[row] - params.tileStart;  // wraps to a large number below the tile
  if (params.first != 0u) { state[at + 6u] = 0.0; }
  if (column < params.tileWidth) { state[at + 6u] = logits[base + column]; }
}
