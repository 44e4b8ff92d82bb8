/** Targets over the completions of a group, from their utility and from how likely the reference finds them. Float64 on the host. */

import { exp, log } from '../../base/exponential.ts';

export interface ListwiseTargetOptions {
  readonly tau: number;
  readonly beta: number;
  readonly qTemperature: number;
  readonly qEps: number;
  /** What divides the exponents: τ + β, or τ alone as one release has it. 0 or less counts as 1. */
  readonly denominator: 'tau+beta' | 'tau';
}

export interface ListwiseTarget {
  /** softmax of the utilities, floored at `qEps` and normalised. */
  readonly q: readonly number[];
  /** The target distribution over the group. */
  readonly weights: readonly number[];
}

/**
 * The distribution over a group that maximises expected ln q plus entropy, tied to the reference.
 *
 *   q = floor(softmax(utility / qTemperature))        w ∝ q^{1/d} · e^{s · β/d},  d = τ + β,  s the reference's score of each completion
 *
 * @source liv-daliberti/maxent-grpo (no paper)
 */
export function listwiseTarget(utilities: readonly number[], refScores: readonly number[], options: ListwiseTargetOptions): ListwiseTarget {
  const { tau, beta, qTemperature, qEps, denominator } = options;
  const K = utilities.length;
  const floor = Math.min(qEps, (1 - 1e-6) / K);
  const soft = softmax(utilities.map((utility) => utility / Math.max(qTemperature, 1e-8)));
  const floored = soft.map((value) => value * (1 - floor * K) + floor);
  const total = floored.reduce((sum, value) => sum + value, 0);
  const q = floored.map((value) => value / total);
  const raw = denominator === 'tau' ? tau : tau + beta;
  const d = raw > 0 ? raw : 1;
  return { q, weights: softmax(q.map((value, i) => log(Math.max(value, 1e-12)) / d + (beta / d) * refScores[i]!)) };
}

/** Whether the utilities of a group tell its completions apart. */
export function isNeutral(q: readonly number[]): boolean {
  return Math.max(...q) - Math.min(...q) <= 1e-8;
}

/** −Σ w ln w. */
export function weightEntropy(weights: readonly number[]): number {
  return 0 - weights.reduce((sum, weight) => sum + weight * log(Math.max(weight, 1e-12)), 0);
}

export function softmax(values: readonly number[]): number[] {
  const highest = Math.max(...values);
  const powers = values.map((value) => exp(value - highest));
  const mass = powers.reduce((sum, value) => sum + value, 0);
  return powers.map((value) => value / mass);
}
