// geometric-surrogate: the geometric mean of a completion's token ratios, each held on the side its advantage pushes to (GMPO).
//
//   Δ* = Δ held from above by high where A > 0, from below by low where A < 0        R = e^{(Σ Δ* + Σ ln weight) / n}
//   every token of the row has value −Ā · R; ∂/∂logProb = −Ā · R where Δ* = Δ: the gradient of R times n
//
// Shapes     B rows, T tokens; advantages and bounds are views: offset + b · row + t · column
// Bindings   0 responseMask    read    f32 [B, T]
//            1 policyLogProbs  read    f32 [B, T]
//            2 oldLogProbs     read    f32 [B, T]
//            3 advantages      read    f32          a view
//            4 bounds          read    f32          a view of (low, high), of the log-ratio
//            5 weights         read    f32 [B, T]   read where params.weighted
//            6 byLogProb       write   f32 [B, T]
//            7 sums            update  f32 [B, S]   seven columns from params.sumsAt
//            8 params          uniform
// Dispatch   one lane per row, folded
// Numerics   f32; the sum runs from t = 0 on
// Oracle     surrogateReference in src/kernels/stages-surrogate.ts, with geometricSurrogate of src/kernels/stages-weights.ts

// use lib/grid.wgsl
// use lib/surrogate-row.wgsl

struct Params {
  B: u32,
  T: u32,
  advantageOffset: u32,
  advantageRow: u32,
  advantageColumn: u32,
  boundsOffset: u32,
  boundsRow: u32,
  boundsColumn: u32,
  weighted: u32,
  sumsWidth: u32,
  sumsAt: u32,
  clampLogRatio: f32,
}

fn held(token: Token) -> f32 {
  if (token.advantage > 0.0) { return min(token.logRatio, token.high); }
  return max(token.logRatio, token.low);
}

fn rowTerm(token: Token) -> f32 {
  return select(0.0, held(token), token.advantage != 0.0) + log(max(token.weight, 1e-30));
}

fn surrogate(token: Token, row: Row) -> Outcome {
  let mean = row.advantage / row.count;
  let ratio = exp(row.term / row.count);
  let isHeld = held(token) != token.logRatio;
  var clipped = 0u;
  if (token.advantage != 0.0 && (token.logRatio < token.low || token.logRatio > token.high)) { clipped = select(HIGH, LOW, token.advantage < 0.0); }
  return Outcome(-mean * ratio, select(-mean * ratio, 0.0, isHeld), clipped, ratio);
}
