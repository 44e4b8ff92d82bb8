/** A coefficient that chases a target divergence. */

export interface KlControlOptions {
  readonly target: number;
  /** Rows over which the coefficient may change by one part. */
  readonly horizon: number;
  /** The relative error counts at most this much. */
  readonly clip: number;
}

/**
 * The coefficient after a batch of `rows` rows with the measured KL.
 *
 *   β ← β · (1 + clip(KL / target − 1, ± clip) · rows / horizon)
 *
 * @source Ziegler et al. 2019, arXiv:1909.08593, as in verl
 */
export function nextKlCoefficient(coefficient: number, measured: number, rows: number, { target, horizon, clip }: KlControlOptions): number {
  const error = Math.min(clip, Math.max(-clip, measured / target - 1));
  return coefficient * (1 + (error * rows) / horizon);
}
