/**
 * Every way of turning rewards into advantages, by name: the slot `algorithm.advantage`.
 *
 *   grpo                    R against its group, by `advantage_center` and `advantage_scale`
 *   rloo                    R − mean of the others in the group
 *   remax                   R − the reward of the prompt's greedy completion, which is sampled for it
 *   opo                     R − mean of the group weighted by length
 *   gpg                     centred rewards, scaled up by how few rows have any
 *   maxrl                   (R − mean) / mean
 *   grpo_passk              the best row of a group, by its lead over the second
 *   reinforce_pp            discounted returns, whitened over the tokens of the batch
 *   reinforce_pp_baseline   R − mean of the group, whitened over the tokens of the batch
 *   gdpo                    each reward function normalised in its group, their weighted sum whitened over tokens
 *   normalize_then_sum      the same sum, normalised over the rows of the batch
 *   optimal_token_baseline  R − the baseline of least variance, token by token
 *
 * @source The file of each stage names its paper.
 */

import { DataError } from '../base/errors.ts';
import type { AdvantageName } from './advantage-names.ts';
import type { RolloutBatch } from './algorithm.ts';
import type { AlgorithmOptions } from './options.ts';
import { deviation, groupAdvantages, meanOf } from './stages/advantage.ts';
import { bestOfGroupAdvantages, greedyBaselineAdvantages, lengthWeightedAdvantages, meanScaledAdvantages, sparseScaledAdvantages } from './stages/baselines.ts';
import { discountedReturns, normalizedThenSummed, optimalTokenBaseline, spreadOverTokens, type TokenMask, whiten } from './stages/whiten.ts';

/** Those whose advantages are tables of tokens. */
export const TOKEN_ADVANTAGES: ReadonlySet<AdvantageName> = new Set(['reinforce_pp', 'reinforce_pp_baseline', 'gdpo', 'optimal_token_baseline']);

export interface EstimatedAdvantages {
  /** [rows]; the mean over the row's tokens where there are `tokens`. */
  readonly values: Float64Array;
  /** [rows, T], T that of the batch's tables, else its maxTokens, where tokens of a row differ, or are counted one by one. */
  readonly tokens?: Float64Array;
}

/** Whether an estimator compares rows of a whole batch: then groups of equal rewards are told apart too. */
export function comparesWholeBatch(name: AdvantageName): boolean {
  return name === 'reinforce_pp';
}

/** Whether an estimator compares rows with something else than their group, so that a group may have one row. */
export function takesGroupsOfOne(name: AdvantageName): boolean {
  return comparesWholeBatch(name) || name === 'remax';
}

/** What rewards say, by the estimator that the options name. `rewards` are the batch's after methods have changed them. */
export function estimateAdvantages(batch: RolloutBatch, rewards: Float64Array, options: AlgorithmOptions): EstimatedAdvantages {
  const { groups, lengths } = batch;
  const { advantage, advantageScale: scale, advantageEps: eps, advantageCenter: center } = options;
  const { singleton } = options.compat.advantage;
  switch (advantage) {
    case 'grpo':
      return { values: groupAdvantages(rewards, groups, { center, scale, eps, singleton }) };
    case 'rloo':
      return { values: groupAdvantages(rewards, groups, { center: 'leave-one-out', scale, eps, singleton }) };
    case 'remax':
      return { values: greedyBaselineAdvantages(rewards, groups, batch.greedyRewards ?? missingGreedy()) };
    case 'opo':
      return { values: lengthWeightedAdvantages(rewards, groups, lengths, singleton) };
    case 'gpg':
      return {
        values: sparseScaledAdvantages(
          rewards.map((reward, i) => (lengths[i] === 0 ? Number.NaN : reward)),
          groups,
          1,
          singleton,
        ),
      };
    case 'maxrl':
      return { values: meanScaledAdvantages(rewards, groups, eps, singleton) };
    case 'grpo_passk':
      return { values: bestOfGroupAdvantages(rewards, groups, scale === 'none' ? null : eps, singleton) };
    case 'reinforce_pp':
      return overTokens(whitenScored(discountedReturns(knownOrZero(rewards), maskOf(batch), options.discount, 'carry'), batch, rewards), batch);
    case 'reinforce_pp_baseline':
      return whitened(groupAdvantages(rewards, groups, { center: 'mean', scale: 'none', eps: 0, singleton }), batch, rewards);
    case 'gdpo':
      return whitened(sumOfNormalized(batch, options), batch, rewards);
    case 'normalize_then_sum': {
      const sums = sumOfNormalized(batch, options);
      const isKnown = (i: number): boolean => lengths[i]! > 0 && !Number.isNaN(rewards[i]!);
      const known = Array.from(sums).filter((_, i) => isKnown(i));
      const [mean, std] = [meanOf(known), deviation(known)];
      return { values: sums.map((sum, i) => (isKnown(i) && std > 0 ? (sum - mean) / (std + eps) : 0)) };
    }
    case 'optimal_token_baseline':
      return overTokens(optimalTokens(batch, rewards), batch);
  }
}

/** Rewards apart: each reward function of the recipe in its group, then the weighted sum. A method's change to the total takes no part. */
function sumOfNormalized({ rewardParts, rewardWeights, groups, rows }: RolloutBatch, { advantageEps: eps, compat }: AlgorithmOptions): Float64Array {
  const parts = [...rewardParts];
  if (parts.length === 0) return new Float64Array(rows);
  const weights = parts.map(([name]) => rewardWeights?.get(name) ?? 1);
  return normalizedThenSummed(
    parts.map(([, values]) => values),
    weights,
    groups,
    { eps, singleton: compat.advantage.singleton === 'raw' ? 'raw' : 'zero' },
  );
}

function optimalTokens(batch: RolloutBatch, rewards: Float64Array): Float64Array {
  const { tables, groups } = batch;
  if (!tables?.oldSumP2)
    throw new DataError(
      'advantage optimal_token_baseline: expected Σ p² of every token of the rollout batch, got none. The estimator needs `tables` and `moments`.',
    );
  const known = groups.map((group) => ({ ...group, rows: group.rows.filter((row) => !Number.isNaN(rewards[row]!)) })).filter(({ rows }) => rows.length > 0);
  return optimalTokenBaseline(rewards, known, maskOf(batch), { oldLogProbs: tables.oldLogProbs, sumP2: tables.oldSumP2, eps: 1e-8, handleZeroTail: true });
}

function missingGreedy(): never {
  throw new DataError('advantage remax: expected the rewards of greedy completions, got none. The estimator needs `greedyRewards`.');
}

function maskOf({ rows, maxTokens: T, lengths, tables }: RolloutBatch): TokenMask {
  if (tables) return { rows, T: tables.T, mask: tables.responseMask };
  return { rows, T, mask: Uint8Array.from({ length: rows * T }, (_, at) => (at % T < lengths[Math.floor(at / T)]! ? 1 : 0)) };
}

function whitened(values: Float64Array, batch: RolloutBatch, rewards: Float64Array): EstimatedAdvantages {
  return overTokens(whitenScored(spreadOverTokens(values, maskOf(batch)), batch, rewards), batch);
}

/** Whitens over the tokens of rows that have a reward; the others have 0. */
function whitenScored(table: Float64Array, batch: RolloutBatch, rewards: Float64Array): Float64Array {
  const { rows, T, mask } = maskOf(batch);
  return whiten(table, { rows, T, mask: Float64Array.from(mask, (one, at) => (Number.isNaN(rewards[Math.floor(at / T)]!) ? 0 : one)) });
}

function overTokens(tokens: Float64Array, batch: RolloutBatch): EstimatedAdvantages {
  const { rows, T, mask } = maskOf(batch);
  const sumOf = (i: number): number => tokens.subarray(i * T, (i + 1) * T).reduce((sum, value, t) => sum + (mask[i * T + t] === 0 ? 0 : value), 0);
  return { values: Float64Array.from({ length: rows }, (_, i) => sumOf(i) / Math.max(1, batch.lengths[i]!)), tokens };
}

function knownOrZero(rewards: Float64Array): Float64Array {
  return rewards.map((reward) => (Number.isNaN(reward) ? 0 : reward));
}
