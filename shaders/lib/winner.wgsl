// winner: the token of the largest score among the LANES lanes of a workgroup; of equal scores the smallest token.

var<workgroup> bestScores: array<f32, LANES>;
var<workgroup> bestTokens: array<u32, LANES>;

fn winner(lane: u32, score: f32, token: u32) -> u32 {
  bestScores[lane] = score;
  bestTokens[lane] = token;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      let other = bestScores[lane + half];
      let otherToken = bestTokens[lane + half];
      if (other > bestScores[lane] || (other == bestScores[lane] && otherToken < bestTokens[lane])) {
        bestScores[lane] = other;
        bestTokens[lane] = otherToken;
      }
    }
  }
  return workgroupUniformLoad(&bestTokens[0]);
}
