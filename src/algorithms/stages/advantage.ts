/** What a reward says against its group: the baseline, and the scale. All float64 on the host. */

import { RecipeError } from '../../base/errors.ts';
import type { Group } from '../algorithm.ts';

export interface AdvantageOptions {
  /** What is subtracted: the group's mean, nothing, or the mean of the group's other rows. */
  readonly center: 'mean' | 'none' | 'leave-one-out';
  /** What divides: the group's deviation, the batch's, or nothing. */
  readonly scale: 'group' | 'batch' | 'none';
  /** Added to the deviation. */
  readonly eps: number;
  /** A group of one row: advantage 0, its reward as it is, or a refusal. */
  readonly singleton: 'zero' | 'raw' | 'error';
  /** The deviation counts at least this much; 0 unless an old release is to be reproduced. */
  readonly minDeviation?: number;
}

/**
 * The advantage of every row within its group.
 *
 *   A = (R − mean) / (std₁ + eps)        std₁ unbiased, of the group or of the batch
 *
 * A row without a reward (NaN) takes no part in mean and deviation and has advantage 0. Equal rewards give exactly 0.
 *
 * @throws RecipeError for a group of one where `singleton` is `error`
 * @source Shao et al. 2024, arXiv:2402.03300; leave-one-out: Ahmadian et al. 2024, arXiv:2402.14740
 */
export function groupAdvantages(rewards: ArrayLike<number>, groups: readonly Group[], options: AdvantageOptions): Float64Array {
  const advantages = new Float64Array(rewards.length);
  const batchStd = options.scale === 'batch' ? deviation(groups.flatMap((group) => scoredRewards(rewards, group))) : 0;
  for (const group of groups) {
    const scored = group.rows.filter((row) => !Number.isNaN(rewards[row]!));
    const values = scored.map((row) => rewards[row]!);
    if (scored.length === 0) continue;
    if (scored.length === 1) {
      advantages[scored[0]!] = singletonAdvantage(values[0]!, group, options, batchStd);
      continue;
    }
    if (spread(values) === 0 && options.center !== 'none') continue;
    const scale = options.scale === 'none' ? 1 : Math.max(options.scale === 'group' ? deviation(values) : batchStd, options.minDeviation ?? 0) + options.eps;
    const mean = meanOf(values);
    for (const row of scored) advantages[row] = centered(rewards[row]!, mean, values.length, options.center) / scale;
  }
  return advantages;
}

function centered(reward: number, mean: number, count: number, center: AdvantageOptions['center']): number {
  if (center === 'none') return reward;
  return center === 'mean' ? reward - mean : (count * (reward - mean)) / (count - 1);
}

function singletonAdvantage(reward: number, group: Group, options: AdvantageOptions, batchStd: number): number {
  if (options.singleton === 'error') {
    throw new RecipeError([
      {
        path: 'rollout.n',
        message: `expected groups of at least two rows, got one row for prompt ${group.prompt}. Raise rollout.n, or set algorithm.compat.advantage.singleton to zero.`,
      },
    ]);
  }
  if (options.singleton === 'zero') return 0;
  // As released: centre 0 and, within the group, deviation 1.
  if (options.scale === 'none') return reward;
  return reward / ((options.scale === 'group' ? 1 : batchStd) + options.eps);
}

function scoredRewards(rewards: ArrayLike<number>, group: Group): number[] {
  return group.rows.map((row) => rewards[row]!).filter((reward) => !Number.isNaN(reward));
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The unbiased standard deviation; 0 for fewer than two values or for equal ones. */
export function deviation(values: readonly number[]): number {
  if (values.length < 2 || spread(values) === 0) return 0;
  const mean = meanOf(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}

function spread(values: readonly number[]): number {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return high - low;
}
