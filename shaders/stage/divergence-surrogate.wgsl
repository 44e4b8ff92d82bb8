// divergence-surrogate: tokens whose probability has moved too far the way they are pushed are left alone (DPPO).
//
//   p, q = the token's probability now and before
//   total variation (params.binaryKl 0):  too far where A > 0 and p − q > high, or A ≤ 0 and q − p > low
//   binary KL (params.binaryKl 1):        too far where KL(q ‖ p) of the two coins > high and A > 0 and p > q, or > low and A ≤ 0 and p < q
//   L = −A · sg[min(r, cap)] · logProb where it is not too far, else 0        ∂L/∂logProb = −A · min(r, cap) there
//
// Shapes     B rows, T tokens; advantages and bounds are views: offset + b · row + t · column
// Bindings   0 responseMask    read    f32 [B, T]
//            1 policyLogProbs  read    f32 [B, T]
//            2 oldLogProbs     read    f32 [B, T]
//            3 advantages      read    f32          a view
//            4 bounds          read    f32          a view of (low, high), of the divergence
//            5 weights         read    f32 [B, T]   read where params.weighted
//            6 byLogProb       write   f32 [B, T]
//            7 sums            update  f32 [B, S]   seven columns from params.sumsAt
//            8 params          uniform
// Dispatch   one lane per row, folded
// Numerics   f32
// Oracle     surrogateReference in src/kernels/stages-surrogate.ts, with divergenceSurrogate of src/kernels/stages-weights.ts

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
  binaryKl: f32,
  cap: f32,
}

fn rowTerm(token: Token) -> f32 { return 0.0; }

// A coin that was q and is p; 0 where rounding has made p more than 1.
fn binaryKl(q: f32, p: f32) -> f32 {
  if (p > 1.0) { return 0.0; }
  return q * log(q / p) + (1.0 - q) * log((1.0 - q + 1e-8) / (1.0 - p + 1e-8));
}

fn surrogate(token: Token, row: Row) -> Outcome {
  let p = exp(token.logProb);
  let q = exp(token.logProb - token.rawLogRatio);
  var rise = p - q;
  if (params.binaryKl != 0.0) { rise = sign(rise) * binaryKl(q, p); }
  let tooFar = select(-rise > token.low, rise > token.high, token.advantage > 0.0);
  let capped = token.ratio > params.cap;
  let slope = select(-token.advantage * min(token.ratio, params.cap), 0.0, tooFar);
  var clipped = 0u;
  if (tooFar) { clipped = select(LOW, HIGH, token.advantage > 0.0); }
  if (capped && !tooFar) { clipped = LOWER; }
  return Outcome(slope * token.logProb, slope, clipped, 0.0);
}
