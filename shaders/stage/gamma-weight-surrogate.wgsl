// gamma-weight-surrogate: the log-prob weighted by a function of the whole completion's ratio that is 1 on-policy and fades on both sides (VESPO).
//
//   w = e^{clip(Σ_t (Δ + clip(ln weight)), ln 1e-8, 20)}        φ = e^{λ (1 − w)} · w^k,  (k, λ) by the sign of A
//   L = −sg[φ] · A · logProb        ∂L/∂logProb = −φ · A
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
// Numerics   f32; φ is formed in logarithms
// Oracle     surrogateReference in src/kernels/stages-surrogate.ts, with gammaWeightSurrogate of src/kernels/stages-weights.ts

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
  kPositive: f32,
  lambdaPositive: f32,
  kNegative: f32,
  lambdaNegative: f32,
}

const LOG_FLOOR: f32 = -18.420680743952367;  // ln 1e-8

fn rowTerm(token: Token) -> f32 {
  return token.logRatio + clamp(log(max(token.weight, 1e-30)), LOG_FLOOR, 20.0);
}

fn surrogate(token: Token, row: Row) -> Outcome {
  let logW = clamp(row.term, LOG_FLOOR, 20.0);
  let isPositive = token.advantage >= 0.0;
  let k = select(params.kNegative, params.kPositive, isPositive);
  let lambda = select(params.lambdaNegative, params.lambdaPositive, isPositive);
  let phi = exp(lambda + k * logW - lambda * exp(logW));
  let slope = -phi * token.advantage;
  return Outcome(slope * token.logProb, slope, 0u, phi);
}
