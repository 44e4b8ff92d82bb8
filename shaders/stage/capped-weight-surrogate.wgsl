// capped-weight-surrogate: the log-prob weighted by a ratio that is held, and not moved, by its bounds (CISPO).
//
//   L = −sg[clip(r, low, high)] · A · logProb        ∂L/∂logProb = −clip(r, low, high) · A
//
// Shapes     B rows, T tokens; advantages and bounds are views: offset + b · row + t · column
// Bindings   0 responseMask    read    f32 [B, T]
//            1 policyLogProbs  read    f32 [B, T]
//            2 oldLogProbs     read    f32 [B, T]
//            3 advantages      read    f32          a view
//            4 bounds          read    f32          a view of (low, high), of the ratio
//            5 weights         read    f32 [B, T]   read where params.weighted
//            6 byLogProb       write   f32 [B, T]
//            7 sums            update  f32 [B, S]   seven columns from params.sumsAt
//            8 params          uniform
// Dispatch   one lane per row, folded
// Numerics   f32; every token moves, clipped or not; extra counts tokens whose ratio is held
// Oracle     surrogateReference in src/kernels/stages-surrogate.ts, with cappedWeightSurrogate of src/kernels/stages-weights.ts

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

fn rowTerm(token: Token) -> f32 { return 0.0; }

fn surrogate(token: Token, row: Row) -> Outcome {
  let weight = clamp(token.ratio, token.low, token.high);
  var clipped = 0u;
  if (token.ratio > token.high && token.advantage > 0.0) { clipped = HIGH; }
  if (token.ratio < token.low && token.advantage < 0.0) { clipped = LOW; }
  let slope = -weight * token.advantage;
  return Outcome(slope * token.logProb, slope, clipped, select(0.0, 1.0, weight != token.ratio));
}
