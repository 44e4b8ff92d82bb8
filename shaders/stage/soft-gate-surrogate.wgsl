// soft-gate-surrogate: a gate that fades smoothly as the ratio leaves 1, in place of a clip (SAPO).
//
//   s = σ(τ (r − 1)),  τ = tauPositive where A > 0, else tauNegative
//   L = −A · (4 / τ) · s        ∂L/∂logProb = −A · r · 4 s (1 − s)
//
// Shapes     B rows, T tokens; advantages and bounds are views: offset + b · row + t · column
// Bindings   0 responseMask    read    f32 [B, T]
//            1 policyLogProbs  read    f32 [B, T]
//            2 oldLogProbs     read    f32 [B, T]
//            3 advantages      read    f32          a view
//            4 bounds          read    f32          not read
//            5 weights         read    f32 [B, T]   read where params.weighted
//            6 byLogProb       write   f32 [B, T]
//            7 sums            update  f32 [B, S]   seven columns from params.sumsAt
//            8 params          uniform
// Dispatch   one lane per row, folded
// Numerics   f32
// Oracle     surrogateReference in src/kernels/stages-surrogate.ts, with softGateSurrogate of src/kernels/stages-weights.ts

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
  tauPositive: f32,
  tauNegative: f32,
}

fn rowTerm(token: Token) -> f32 { return 0.0; }

fn surrogate(token: Token, row: Row) -> Outcome {
  let tau = select(params.tauNegative, params.tauPositive, token.advantage > 0.0);
  let s = 1.0 / (1.0 + exp(-tau * (token.ratio - 1.0)));
  let slope = -token.advantage * token.ratio * 4.0 * s * (1.0 - s) * token.moves;
  return Outcome(-token.advantage * 4.0 / tau * s, slope, 0u, 0.0);
}
