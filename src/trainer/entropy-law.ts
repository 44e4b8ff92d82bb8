/** The law that ties reward to entropy while a policy learns: what is gained is paid for in entropy, until none is left. */

export interface EntropyPoint {
  /** Nats. */
  readonly entropy: number;
  readonly reward: number;
}

/** Reward as a function of entropy, fitted: R = −a · e^H + b. */
export interface EntropyLaw {
  readonly a: number;
  readonly b: number;
  /** Share of the reward's variance that the law explains. */
  readonly r2: number;
  /** Reward at entropy 0: b − a. */
  readonly ceiling: number;
}

/**
 * Fits R = −a·e^H + b by least squares; null for fewer than three different entropies.
 *
 * @source Cui et al. 2025, arXiv:2505.22617, "The Entropy Mechanism"
 */
export function fitEntropyLaw(points: readonly EntropyPoint[]): EntropyLaw | null {
  const finite = points.filter(({ entropy, reward }) => Number.isFinite(entropy) && Number.isFinite(reward));
  if (new Set(finite.map(({ entropy }) => entropy)).size < 3) return null;
  const x = finite.map(({ entropy }) => Math.exp(entropy));
  const y = finite.map(({ reward }) => reward);
  const [meanX, meanY] = [mean(x), mean(y)];
  const sxx = mean(x.map((value) => (value - meanX) * (value - meanX)));
  const syy = mean(y.map((value) => (value - meanY) * (value - meanY)));
  const sxy = mean(x.map((value, i) => (value - meanX) * (y[i]! - meanY)));
  const slope = sxy / sxx;
  const b = meanY - slope * meanX;
  return { a: -slope, b, r2: syy === 0 ? 1 : (sxy * sxy) / (sxx * syy), ceiling: b + slope };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
