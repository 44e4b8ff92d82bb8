// clipped-surrogate: PPO's clipped objective as a loss, with dual and two-sided clip.
//
//   L1 = −A · min(r, delta)      L2 = −A · clip(r, low, high)      L = max(L1, L2);  where A < 0: L = min(L, −A · dual)
//   ∂L/∂logProb = −A · r where L1 is the branch taken and nothing holds it, else 0
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
// Oracle     surrogateReference in src/kernels/stages-surrogate.ts, with clippedSurrogate of src/kernels/stages-clip.ts

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
  delta: f32,
}

fn rowTerm(token: Token) -> f32 { return 0.0; }

fn surrogate(token: Token, row: Row) -> Outcome {
  let a = token.advantage;
  let r = token.ratio;
  let free = -a * min(r, params.delta);
  let held = -a * clamp(r, token.low, token.high);
  var value = max(free, held);
  var slope = select(0.0, -a * r * token.moves, free >= held && r <= params.delta);
  var clipped = 0u;
  if (held > free) { clipped = select(HIGH, LOW, a < 0.0); }
  if (a < 0.0 && value > -a * params.dual) {
    value = -a * params.dual;
    slope = 0.0;
    clipped |= LOWER;
  }
  return Outcome(value, slope, clipped, 0.0);
}
