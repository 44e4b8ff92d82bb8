// log-prob-surrogate: the plain policy gradient, with a quadratic pull to the old policy (REINFORCE, GPG; DRO).
//
//   L = −(A · logProb − ½ β (logProb − oldLogProb)²)        ∂L/∂logProb = −A + β (logProb − oldLogProb)
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
// Oracle     surrogateReference in src/kernels/stages-surrogate.ts, with logProbSurrogate of src/kernels/stages-weights.ts

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
  pull: f32,
}

fn rowTerm(token: Token) -> f32 { return 0.0; }

fn surrogate(token: Token, row: Row) -> Outcome {
  let distance = token.rawLogRatio;
  return Outcome(
    0.5 * params.pull * distance * distance - token.advantage * token.logProb,
    params.pull * distance - token.advantage,
    0u,
    0.0,
  );
}
