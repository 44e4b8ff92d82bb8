/** Other ways to set a row against its group. All float64 on the host; a missing reward (NaN) takes no part and has advantage 0. */

import { RecipeError } from '../../base/errors.ts';
import type { Group } from '../algorithm.ts';
import { deviation, meanOf } from './advantage.ts';

/** The rows of a group that have a reward, and their rewards. */
function scored(rewards: ArrayLike<number>, { rows }: Group): { readonly rows: readonly number[]; readonly values: readonly number[] } {
  const kept = rows.filter((row) => !Number.isNaN(rewards[row]!));
  return { rows: kept, values: kept.map((row) => rewards[row]!) };
}

export type SingletonPolicy = 'zero' | 'raw' | 'error';

/**
 * OPO: the baseline is the mean reward weighted by length.
 *
 *   A = R − Σ n_j R_j / Σ n_j
 *
 * @source Hao et al. 2025, arXiv:2505.23585
 */
export function lengthWeightedAdvantages(
  rewards: ArrayLike<number>,
  groups: readonly Group[],
  lengths: ArrayLike<number>,
  singleton: SingletonPolicy,
): Float64Array {
  return eachGroup(rewards, groups, singleton, ({ rows, values }) => {
    const tokens = rows.reduce((sum, row) => sum + lengths[row]!, 0);
    const baseline = rows.reduce((sum, row, index) => sum + lengths[row]! * values[index]!, 0) / tokens;
    return values.map((value) => value - baseline);
  });
}

/**
 * ReMax: the baseline is the reward of the prompt's greedy completion.
 *
 *   A = R − R_greedy
 *
 * `baselines` has one number per group. A group whose baseline is missing (NaN) has advantage 0; a group of one needs no policy of its own.
 *
 * @source Li et al. 2023, arXiv:2310.10505, as in verl, compute_remax_outcome_advantage
 */
export function greedyBaselineAdvantages(rewards: ArrayLike<number>, groups: readonly Group[], baselines: ArrayLike<number>): Float64Array {
  const advantages = new Float64Array(rewards.length);
  groups.forEach((group, g) => {
    const baseline = baselines[g]!;
    if (Number.isNaN(baseline)) return;
    const own = scored(rewards, group);
    own.rows.forEach((row, index) => (advantages[row] = own.values[index]! - baseline));
  });
  return advantages;
}

/**
 * GPG: centred rewards, scaled up by how few rows have any.
 *
 *   A = (rows / rows with a reward other than 0) · (R − mean) / norm
 *
 * @source Chu et al. 2025, arXiv:2504.02546
 */
export function sparseScaledAdvantages(rewards: ArrayLike<number>, groups: readonly Group[], norm: number, singleton: SingletonPolicy): Float64Array {
  const known = Array.from(rewards).filter((reward) => !Number.isNaN(reward));
  const scale = known.length / Math.max(1, known.filter((reward) => reward !== 0).length) / norm;
  return eachGroup(rewards, groups, singleton, ({ values }) => values.map((value) => scale * (value - meanOf(values))), scale);
}

/**
 * MaxRL: centred rewards over the mean reward, so that rare success counts most.
 *
 *   A = (R − mean) / (mean + eps)
 *
 * @source arXiv:2602.02710
 */
export function meanScaledAdvantages(rewards: ArrayLike<number>, groups: readonly Group[], eps: number, singleton: SingletonPolicy): Float64Array {
  return eachGroup(rewards, groups, singleton, ({ values }) => values.map((value) => (value - meanOf(values)) / (meanOf(values) + eps)));
}

/**
 * GRPO-pass@k: only the best row is rewarded, with its lead over the second.
 *
 *   A_best = (R_best − R_second) / (deviation + eps)
 *
 * @source Walder and Karkhanis 2025, arXiv:2503.19595, as in verl
 */
export function bestOfGroupAdvantages(rewards: ArrayLike<number>, groups: readonly Group[], eps: number | null, singleton: SingletonPolicy): Float64Array {
  return eachGroup(rewards, groups, singleton, ({ values }) => {
    const best = values.indexOf(Math.max(...values));
    const second = Math.max(...values.filter((_, index) => index !== best));
    const scale = eps === null ? 1 : deviation(values) + eps;
    return values.map((value, index) => (index === best ? (value - second) / scale : 0));
  });
}

function eachGroup(
  rewards: ArrayLike<number>,
  groups: readonly Group[],
  singleton: SingletonPolicy,
  advantagesOf: (group: { readonly rows: readonly number[]; readonly values: readonly number[] }) => readonly number[],
  rawScale = 1,
): Float64Array {
  const advantages = new Float64Array(rewards.length);
  for (const group of groups) {
    const own = scored(rewards, group);
    if (own.rows.length === 1) {
      if (singleton === 'error') {
        throw new RecipeError([
          {
            path: 'rollout.n',
            message: `expected groups of at least two rows, got one row for prompt ${group.prompt}. Raise rollout.n, or set algorithm.compat.advantage.singleton to zero.`,
          },
        ]);
      }
      if (singleton === 'raw') advantages[own.rows[0]!] = own.values[0]! * rawScale;
    } else if (own.values.some((value) => value !== own.values[0])) {
      advantagesOf(own).forEach((value, index) => (advantages[own.rows[index]!] = value));
    }
  }
  return advantages;
}
