// sample-tokens-direct: draws the next token of every unfinished row from its filtered distribution, one lane per row, no barriers.
//
//   x = logits, of tokens seen before divided (x > 0) or multiplied by repetitionPenalty        e = exp((x − max x) / temperature)
//   kept = the topK largest x, of those the fewest largest whose mass reaches topP, of those e ≥ minP; all that tie with the last are kept
//   token = argmax over kept of e / E[v],  E exponential: −ln u[v], u by Philox at counter (rowId, length, v / 4, 0), word v % 4
//   logProb = ln (e[token] / Σ kept e)        entropy = of softmax(logits / temperature), neither penalised nor filtered
//   greedy: the first of the largest x, its logProb over all tokens; temperature is 1 then
//
// Shapes     N rows of logits, B rows of state, V vocabulary, M maxTokens, K stop tokens
// Bindings   0 logits     update  f32 [N, V]          afterwards penalised
//            1 state      update  u32 [B, 4]          rowId, length, finished, lastToken
//            2 seen       update  u32 [B, ⌈V / 32⌉]   bit v of a row: v occurred; unused where the penalty is 1
//            3 stops      read    u32 [K]
//            4 tokens     update  u32 [B, M]
//            5 logProbs   update  f32 [B, M]
//            6 entropies  update  f32 [B, M]
//            7 params     uniform
// Dispatch   one lane per row of logits, folded
// Numerics   f32; thresholds are found on the bits of x, exactly; sums of 256 first, then of sums, in order of v
// Oracle     sampleTokensReference in src/kernels/sampling-reference.ts

// use lib/grid.wgsl
// use lib/random.wgsl
// use lib/exponential.wgsl
// use lib/order.wgsl
// use lib/sampling.wgsl
// use lib/thresholds-direct.wgsl

@group(0) @binding(0) var<storage, read_write> logits: array<f32>;
@group(0) @binding(1) var<storage, read_write> state: array<u32>;
@group(0) @binding(2) var<storage, read_write> seen: array<u32>;
@group(0) @binding(3) var<storage, read> stops: array<u32>;
@group(0) @binding(4) var<storage, read_write> tokens: array<u32>;
@group(0) @binding(5) var<storage, read_write> logProbs: array<f32>;
@group(0) @binding(6) var<storage, read_write> entropies: array<f32>;
@group(0) @binding(7) var<uniform> params: Params;

override LANES: u32 = 16;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let j = workgroupIndex(workgroup, grid) * LANES + lane;
  if (j >= params.count) { return; }
  let row = params.firstRow + j;
  let rowId = state[row * STATE_ROW];
  let length = state[row * STATE_ROW + 1u];
  if (state[row * STATE_ROW + 2u] != 0u || length >= params.maxTokens) { return; }
  let base = j * params.vocabulary;

  let entropy = entropyOf(base);
  if (params.seenWords != 0u) { penalise(base, row * params.seenWords); }
  let highest = highestOf(base);
  var lowestKey = 0u;
  if (params.topK != 0u) { lowestKey = kthKey(base, params.topK); }
  if (params.topP < 1.0) { lowestKey = nucleusKey(base, highest, params.inverseTemperature, params.topP, lowestKey); }

  var token = 0u;
  var best = -0x1p127f;
  var mass = 0.0;
  for (var start = 0u; start < params.vocabulary; start += BLOCK) {
    var block = 0.0;
    for (var v = start; v < min(start + BLOCK, params.vocabulary); v += 4u) {
      var words = vec4u();
      if (params.greedy == 0u) { words = philox(vec4u(rowId, length, v / 4u, 0u), vec2u(params.key0, params.key1)); }
      for (var i = 0u; i < 4u; i++) {  // unroll
        let x = logits[base + min(v + i, params.vocabulary - 1u)];
        let d = (x - highest) * params.inverseTemperature;
        if (v + i < params.vocabulary && orderedKey(x) >= lowestKey && d >= params.logMinP) {
          let e = exp(d);
          block += e;
          var score = d;
          if (params.greedy == 0u) { score = e / exponentialOf(words[i]); }
          if (score > best) {
            best = score;
            token = v + i;
          }
        }
      }
    }
    mass += block;
  }
  let logProb = (logits[base + token] - highest) * params.inverseTemperature - log(mass);
  finishRow(row, length, token, logProb, entropy);
}

fn highestOf(base: u32) -> f32 {
  var highest = logits[base];
  for (var v = 1u; v < params.vocabulary; v++) { highest = max(highest, logits[base + v]); }
  return highest;
}

fn entropyOf(base: u32) -> f32 {
  let highest = highestOf(base);
  var sums = vec2f();  // Σ e, Σ d·e
  for (var start = 0u; start < params.vocabulary; start += BLOCK) {
    var block = vec2f();
    for (var v = start; v < min(start + BLOCK, params.vocabulary); v++) {
      let d = (logits[base + v] - highest) * params.inverseTemperature;
      block += exp(d) * vec2f(1.0, d);
    }
    sums += block;
  }
  return log(sums.x) - sums.y / sums.x;
}

fn penalise(base: u32, seenBase: u32) {
  for (var v = 0u; v < params.vocabulary; v++) {
    if (((seen[seenBase + v / 32u] >> (v % 32u)) & 1u) != 0u) { logits[base + v] = penalised(logits[base + v]); }
  }
}
