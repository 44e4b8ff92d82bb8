/** Advantage estimators: what rewards say about rows, and in some estimators about tokens. */

import type { Group } from '../../../src/algorithms/algorithm.ts';
import { type AdvantageOptions, deviation, groupAdvantages, meanOf } from '../../../src/algorithms/stages/advantage.ts';
import { bestOfGroupAdvantages, lengthWeightedAdvantages, meanScaledAdvantages, type SingletonPolicy, sparseScaledAdvantages } from '../../../src/algorithms/stages/baselines.ts';
import { discountedReturns, normalizedThenSummed, optimalTokenBaseline, spreadOverTokens, type TokenMask, whiten } from '../../../src/algorithms/stages/whiten.ts';
import { RecipeError } from '../../../src/base/errors.ts';
import type { CaseView } from './case.ts';
import { tableOf } from './loss-case.ts';

type Got = Record<string, unknown>;

const CENTERS: Readonly<Record<string, AdvantageOptions['center']>> = { mean: 'mean', none: 'none', loo: 'leave-one-out' };

/** The rows of each prompt, in the order prompts first appear. */
export function groupsOf(view: CaseView): Group[] {
  const ids = view.row('group');
  return [...new Set(ids)].map((prompt) => ({ prompt, rows: ids.flatMap((id, row) => (id === prompt ? [row] : [])) }));
}

/** The reward that was fed to the source: `uses` names it. */
function rewardsOf(view: CaseView): number[] {
  return view.has('rewardFinite') && view.record.uses?.includes('rewardFinite') ? view.row('rewardFinite') : view.row('reward');
}

function maskOf(view: CaseView): TokenMask {
  return { rows: view.B, T: view.T, mask: view.table('mask').flat() };
}

function policyOf(view: CaseView): SingletonPolicy {
  const singleton = view.text('singleton', 'zero');
  return singleton === 'raw' || singleton === 'error' ? singleton : 'zero';
}

function optionsOf(view: CaseView): AdvantageOptions {
  const scale = view.text('scale', 'none');
  view.ignore('missing');
  return {
    center: CENTERS[view.text('center', 'mean')]!,
    scale: scale === 'group' || scale === 'batch' ? scale : 'none',
    eps: view.number('eps', 0),
    singleton: policyOf(view),
    minDeviation: Math.sqrt(view.number('varFloor', 0)),
  };
}

function grpo(view: CaseView): Got {
  const parts = view.option('parts');
  if (Array.isArray(parts) && view.text('aggregation', '') === 'normalize_then_sum') return normalizeThenSum(view, parts.map(String));
  view.ignore('weights');
  const rewards = Array.isArray(parts) ? partsOf(view, parts.map(String))[0]! : rewardsOf(view);
  const groups = groupsOf(view);
  const advantages = groupAdvantages(rewards, groups, optionsOf(view));
  const batch = view.text('scale', '') === 'batch' ? deviation(rewards) : null;
  const equal = groups.filter(({ rows }) => (batch ?? deviation(rows.map((row) => rewards[row]!))) <= 1e-8);
  return { advantages, metrics: { frac_reward_zero_std: equal.reduce((sum, { rows }) => sum + rows.length, 0) / rewards.length } };
}

function partsOf(view: CaseView, names: readonly string[]): number[][] {
  const parts = view.field('rewardParts') as Readonly<Record<string, readonly (number | null)[]>>;
  return names.map((name) => parts[name]!.map((value) => value ?? Number.NaN));
}

function normalizeThenSum(view: CaseView, names: readonly string[]): Got {
  const weights = (view.option('weights') as number[] | undefined) ?? names.map(() => 1);
  const eps = view.number('eps', 1e-4);
  view.ignore('center', 'scale', 'singleton');
  const sums = normalizedThenSummed(partsOf(view, names), weights, groupsOf(view), { eps, singleton: 'zero' });
  const all = Array.from(sums);
  const std = deviation(all);
  return { advantages: all.map((sum) => (sum - meanOf(all)) / (std + eps)), metrics: { frac_reward_zero_std: std <= 1e-8 ? 1 : 0 } };
}

function advantage(view: CaseView): Got {
  return { advantages: groupAdvantages(rewardsOf(view), groupsOf(view), optionsOf(view)) };
}

function reinforcePlusPlus(view: CaseView): Got {
  const mask = maskOf(view);
  const returns = discountedReturns(rewardsOf(view), mask, view.number('gamma', 1), view.text('observation', 'carry') === 'reset' ? 'reset' : 'carry');
  return { advantageTokens: tableOf(whiten(returns, mask), mask.T), returns: tableOf(returns, mask.T) };
}

function reinforcePlusPlusBaseline(view: CaseView): Got {
  const mask = maskOf(view);
  view.ignore('whitenEps');
  const centered = groupAdvantages(rewardsOf(view), groupsOf(view), { center: 'mean', scale: 'none', eps: 0, singleton: policyOf(view) });
  return { advantageTokens: tableOf(whiten(spreadOverTokens(centered, mask), mask), mask.T) };
}

function remax(view: CaseView): Got {
  const mask = maskOf(view);
  const returns = discountedReturns(rewardsOf(view), mask, 1, 'carry');
  const greedy = view.row('rewardBaseline');
  const advantages = returns.map((value, at) => (mask.mask[at] === 0 ? 0 : value - greedy[Math.floor(at / mask.T)]!));
  return { advantageTokens: tableOf(advantages, mask.T), returns: tableOf(returns, mask.T) };
}

function optimalToken(view: CaseView): Got {
  const options = {
    oldLogProbs: view.table('oldLogp').flat(),
    sumP2: view.table('sumPiSquared').flat(),
    eps: view.number('eps', 1e-8),
    handleZeroTail: view.flag('handleZeroTail'),
  };
  return { advantageTokens: tableOf(optimalTokenBaseline(rewardsOf(view), groupsOf(view), maskOf(view), options), view.T) };
}

function gdpo(view: CaseView): Got {
  const names = (view.option('parts') as string[] | undefined) ?? [];
  const weights = (view.option('weights') as number[] | undefined) ?? names.map(() => 1);
  const mask = maskOf(view);
  view.ignore('whitenEps');
  const sums = normalizedThenSummed(partsOf(view, names), weights, groupsOf(view), { eps: view.number('eps', 1e-6), singleton: policyOf(view) === 'raw' ? 'raw' : 'zero' });
  return { advantageTokens: tableOf(whiten(spreadOverTokens(sums, mask), mask), mask.T) };
}

/** A refusal by a RecipeError is the `error` of the case. */
function refusable(compute: (view: CaseView) => Got): (view: CaseView) => Got {
  return (view) => {
    try {
      return compute(view);
    } catch (error) {
      if (error instanceof RecipeError) return { error: error.message };
      throw error;
    }
  };
}

export const advantages = {
  grpo: refusable(grpo),
  rloo: refusable(advantage),
  opo: refusable((view) => ({ advantages: lengthWeightedAdvantages(rewardsOf(view), groupsOf(view), view.lengths, policyOf(view)) })),
  gpg: refusable((view) => ({ advantages: sparseScaledAdvantages(rewardsOf(view), groupsOf(view), view.number('fNorm', 1), policyOf(view)) })),
  grpo_passk: refusable((view) => {
    const eps = view.number('eps', 1e-6);
    return { advantages: bestOfGroupAdvantages(rewardsOf(view), groupsOf(view), view.text('scale', 'group') === 'none' ? null : eps, policyOf(view)) };
  }),
  maxrl: refusable((view) => {
    view.ignore('singleton');
    return { advantages: meanScaledAdvantages(rewardsOf(view), groupsOf(view), view.number('eps', 1e-6)) };
  }),
  advantage: refusable(advantage),
  'reinforce++': reinforcePlusPlus,
  'reinforce++baseline': reinforcePlusPlusBaseline,
  remax,
  optimal_token_baseline: optimalToken,
  gdpo,
};
