// bounded-gradient-surrogate: a clip that keeps a bounded gradient outside its bounds (CE-GPPO).
//
//   r' = r inside the bounds;  lowGain · low where A < 0 and r < low;  highGain · high where A > 0 and r > high
//   L = −A · r';  where A < 0: min(L, −A · dual)        ∂L/∂logProb = −A · r', also outside the bounds; 0 where dual holds
//
// Shapes     B rows, T tokens; advantages and bounds are views: offset + b · row + t · column
// Bindings   0 responseMask    read    f32 [B, T]
//            1 policyLogProbs  read    f32 [B, T]
//            2 oldLogProbs     read    f32 [B, T]
//            3 advantages      read    f32          a view
//            4 bounds          read    f32          a view of (low, high), of the ratio
//            5 weights         read    f32 [B, T]   multiplies the loss where params.weighted
//            6 byLogProb       write   f32 [B, T]
//            7 sums            update  f32 [B, S]   seven columns from params.sumsAt
//            8 params          uniform
// Dispatch   one lane per row, folded
// Numerics   f32; a row is summed from t = 0 on, masked tokens are never read into a result
// Oracle     surrogateReference in src/kernels/stages-surrogate.ts, with boundedGradientSurrogate of src/kernels/stages-clip.ts

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
  dual: f32,
  lowGain: f32,
  highGain: f32,
}

fn rowTerm(token: Token) -> f32 { return 0.0; }

fn surrogate(token: Token, row: Row) -> Outcome {
  let a = token.advantage;
  var r = token.ratio;
  var moves = token.moves;
  var clipped = 0u;
  if (a < 0.0 && r < token.low) {
    r = params.lowGain * token.low;
    clipped = LOW;
  } else if (a > 0.0 && r > token.high) {
    r = params.highGain * token.high;
    clipped = HIGH;
  }
  if (clipped != 0u) { moves = 1.0; }
  if (a < 0.0 && r > params.dual) { return Outcome(-a * params.dual, 0.0, clipped | LOWER, 0.0); }
  return Outcome(-a * r, -a * r * moves, clipped, 0.0);
}
