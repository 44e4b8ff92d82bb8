/**
 * The price of entropy: reward as a function of entropy while nothing intervenes.
 *
 *   R = −a · e^H + b        ceiling at H = 0: b − a
 *
 * @source Cui et al. 2025, arXiv:2505.22617. No fitting code was released; this is least squares in x = e^H, which is where the law is linear.
 */

export interface EntropyLaw {
  readonly a: number;
  readonly b: number;
  /** The reward left when all entropy is spent. */
  readonly ceiling: number;
  readonly rmse: number;
  /** Null when all rewards are equal. */
  readonly r2: number | null;
  readonly predicted: readonly number[];
}

/** Fits the law to points measured at evaluations; null with fewer than three distinct entropies. */
export function fitEntropyLaw(entropies: readonly number[], rewards: readonly number[]): EntropyLaw | null {
  if (new Set(entropies).size < 3) return null;
  const x = entropies.map((entropy) => Math.exp(entropy));
  const [meanX, meanR] = [mean(x), mean(rewards)];
  const variance = mean(x.map((value) => (value - meanX) ** 2));
  const a = 0 - mean(x.map((value, i) => (value - meanX) * (rewards[i]! - meanR))) / variance;
  const b = meanR + a * meanX;
  const predicted = x.map((value) => b - a * value);
  const residual = mean(predicted.map((value, i) => (rewards[i]! - value) ** 2));
  const spread = mean(rewards.map((reward) => (reward - meanR) ** 2));
  const isFlat = rewards.every((reward) => reward === rewards[0]);
  return { a, b, ceiling: b - a, rmse: Math.sqrt(residual), r2: isFlat ? null : 1 - residual / spread, predicted };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
