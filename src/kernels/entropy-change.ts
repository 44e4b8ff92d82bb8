/** What a step along one token's log-prob does to the entropy of its distribution. No device: a page reads it of numbers that it was sent. */

/** What `firstOrderEntropyChange` reads of one token. */
export interface TokenMoments {
  readonly logProb: number;
  readonly entropy: number;
  readonly sumP2: number;
  readonly sumP2LogP: number;
}

/**
 * Returns by how much a softmax row's entropy changes, to first order, when its logits move by `step` (nats) along the gradient of
 * the target's log-prob:
 *
 *   ΔH = −step · [ p · (logProb + entropy) − (Σ p² ln p + entropy · Σ p²) ]        p = exp(logProb)
 */
export function firstOrderEntropyChange({ logProb, entropy, sumP2, sumP2LogP }: TokenMoments, step: number): number {
  return -step * (Math.exp(logProb) * (logProb + entropy) - (sumP2LogP + entropy * sumP2));
}
