// surrogate-row: the frame of every surrogate. One lane walks one row twice: first for what the whole row says, then token by token.
//
// The file that uses it says how one token's loss comes about:
//
//   struct Params                                   the fields below, then its own
//   fn rowTerm(token: Token) -> f32                 summed over the row's tokens in the first pass
//   fn surrogate(token: Token, row: Row) -> Outcome
//
// params.weighted: 0 no weights, 1 they multiply the outcome, 2 the surrogate reads them itself.
// byLogProb[b, t] = weight · slope, exactly 0 where the mask is 0; sums[b] = Σ_t of what SURROGATE_SUMS names.

struct Token {
  advantage: f32,
  logProb: f32,
  rawLogRatio: f32,
  logRatio: f32,  // clamped to ± clampLogRatio
  ratio: f32,
  moves: f32,     // ∂ logRatio / ∂ logProb: 0 where the clamp holds it
  low: f32,
  high: f32,
  weight: f32,    // 1 unless params.weighted
}

struct Row {
  count: f32,      // valid tokens
  advantage: f32,  // Σ advantage
  term: f32,       // Σ rowTerm
}

struct Outcome {
  value: f32,
  slope: f32,    // ∂ value / ∂ logProb
  clipped: u32,  // of LOW, HIGH, LOWER
  extra: f32,    // a number of the surrogate's own, for its metrics
}

const LOW: u32 = 1u;    // held at the lower bound, and the advantage is negative
const HIGH: u32 = 2u;   // held at the upper bound, and the advantage is positive
const LOWER: u32 = 4u;  // held by the bound for negative advantages

@group(0) @binding(0) var<storage, read> responseMask: array<f32>;
@group(0) @binding(1) var<storage, read> policyLogProbs: array<f32>;
@group(0) @binding(2) var<storage, read> oldLogProbs: array<f32>;
@group(0) @binding(3) var<storage, read> advantages: array<f32>;
@group(0) @binding(4) var<storage, read> bounds: array<f32>;
@group(0) @binding(5) var<storage, read> weights: array<f32>;
@group(0) @binding(6) var<storage, read_write> byLogProb: array<f32>;
@group(0) @binding(7) var<storage, read_write> sums: array<f32>;
@group(0) @binding(8) var<uniform> params: Params;

override LANES: u32 = 16;

fn tokenAt(b: u32, t: u32) -> Token {
  let at = b * params.T + t;
  let raw = policyLogProbs[at] - oldLogProbs[at];
  let clamped = clamp(raw, -params.clampLogRatio, params.clampLogRatio);
  var weight = 1.0;
  if (params.weighted != 0u) { weight = weights[at]; }
  let bound = params.boundsOffset + b * params.boundsRow + t * params.boundsColumn;
  return Token(
    advantages[params.advantageOffset + b * params.advantageRow + t * params.advantageColumn],
    policyLogProbs[at],
    raw,
    clamped,
    exp(clamped),
    select(0.0, 1.0, abs(raw) <= params.clampLogRatio),
    bounds[bound],
    bounds[bound + 1u],
    weight,
  );
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let b = workgroupIndex(workgroup, grid) * LANES + lane;
  if (b >= params.B) { return; }

  var row = Row(0.0, 0.0, 0.0);
  for (var t = 0u; t < params.T; t++) {
    if (responseMask[b * params.T + t] == 0.0) { continue; }
    let token = tokenAt(b, t);
    row.count += 1.0;
    row.advantage += token.advantage;
    row.term += rowTerm(token);
  }

  var value = 0.0;
  var low = 0.0;
  var high = 0.0;
  var lower = 0.0;
  var logRatio = 0.0;
  var absLogRatio = 0.0;
  var extra = 0.0;
  for (var t = 0u; t < params.T; t++) {
    let at = b * params.T + t;
    if (responseMask[at] == 0.0) {
      byLogProb[at] = 0.0;
      continue;
    }
    let token = tokenAt(b, t);
    let outcome = surrogate(token, row);
    let weight = select(token.weight, 1.0, params.weighted == 2u);
    byLogProb[at] = weight * outcome.slope;
    value += weight * outcome.value;
    low += f32((outcome.clipped & LOW) / LOW);
    high += f32((outcome.clipped & HIGH) / HIGH);
    lower += f32((outcome.clipped & LOWER) / LOWER);
    logRatio += token.logRatio;
    absLogRatio += abs(token.logRatio);
    extra += outcome.extra;
  }

  let at = b * params.sumsWidth + params.sumsAt;
  sums[at] = value;
  sums[at + 1u] = low;
  sums[at + 2u] = high;
  sums[at + 3u] = lower;
  sums[at + 4u] = logRatio;
  sums[at + 5u] = absLogRatio;
  sums[at + 6u] = extra;
}
