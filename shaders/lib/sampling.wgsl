// sampling: what the forms of sample-tokens share: their parameters, the penalty of one logit, and the end of a row.
//
// Needs the bindings state, seen, stops, tokens, logProbs, entropies and params.

struct Params {
  count: u32,  // N
  firstRow: u32,  // of state
  vocabulary: u32,  // V
  seenWords: u32,  // ⌈V / 32⌉, 0: no penalty
  stopCount: u32,  // K
  maxTokens: u32,  // M
  greedy: u32,
  topK: u32,  // 0: off
  topP: f32,  // 1: off
  logMinP: f32,  // −3e38: off
  repetitionPenalty: f32,
  inverseTemperature: f32,
  key0: u32,
  key1: u32,
}

const STATE_ROW: u32 = 4;

fn penalised(x: f32) -> f32 {
  return select(x * params.repetitionPenalty, x / params.repetitionPenalty, x > 0.0);
}

fn finishRow(row: u32, length: u32, token: u32, logProb: f32, entropy: f32) {
  let place = row * params.maxTokens + length;
  tokens[place] = token;
  logProbs[place] = logProb;
  entropies[place] = entropy;
  var finished = length + 1u >= params.maxTokens;
  for (var k = 0u; k < params.stopCount; k++) { finished = finished || stops[k] == token; }
  let at = row * STATE_ROW;
  state[at + 1u] = length + 1u;
  state[at + 2u] = select(0u, 1u, finished);
  state[at + 3u] = token;
  if (params.seenWords != 0u) { seen[row * params.seenWords + token / 32u] |= 1u << (token % 32u); }
}
