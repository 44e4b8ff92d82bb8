// sequence-surrogate: PPO's clipped objective on the ratio of whole completions (GSPO).
//
//   S = (Σ_t logRatio) / n, or the sum itself where params.total      r = e^clip(S, floor, cap)
//   L = max(−A·r, −A·clip(r, low, high));  where A < 0: L = min(L, −A·dual), or min of the two branches where params.lesser
//   every token of the row has value L; ∂/∂logProb = −A · r where the row is not held (· n where params.total): the gradient of L times n
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
// Numerics   f32; S is not clamped token by token; its sum runs from t = 0 on
// Oracle     surrogateReference in src/kernels/stages-surrogate.ts, with sequenceSurrogate of src/kernels/stages-clip.ts

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
  floor: f32,
  cap: f32,
  dual: f32,
  total: f32,
  lesser: f32,
}

fn rowTerm(token: Token) -> f32 { return token.logRatio; }

fn surrogate(token: Token, row: Row) -> Outcome {
  let a = token.advantage;
  let s = select(row.term / row.count, row.term, params.total != 0.0);
  let r = exp(clamp(s, params.floor, params.cap));
  let free = -a * r;
  let held = -a * clamp(r, token.low, token.high);
  let takesFree = select(free >= held, free <= held, params.lesser != 0.0 && a < 0.0);
  var value = select(held, free, takesFree);
  var slope = select(0.0, free * select(1.0, row.count, params.total != 0.0), takesFree && s <= params.cap && s >= params.floor);
  var clipped = 0u;
  if (held > free) { clipped = select(HIGH, LOW, a < 0.0); }
  if (a < 0.0 && value > -a * params.dual) {
    value = -a * params.dual;
    slope = 0.0;
    clipped |= LOWER;
  }
  return Outcome(value, slope, clipped, r);
}
