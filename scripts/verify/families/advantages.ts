/** Advantage estimators: what rewards say about rows, and in some estimators about tokens. */

import type { Group } from '../../../src/algorithms/algorithm.ts';
import { type AdvantageOptions, deviation, groupAdvantages, meanOf } from '../../../src/algorithms/stages/advantage.ts';
import {
  bestOfGroupAdvantages,
  greedyBaselineAdvantages,
  lengthWeightedAdvantages,
  meanScaledAdvantages,
  type SingletonPolicy,
  sparseScaledAdvantages,
} from '../../../src/algorithms/stages/baselines.ts';
import {
  discountedReturns,
  normalizedThenSummed,
  optimalTokenBaseline,
  spreadOverTokens,
  type TokenMask,
  whiten,
} from '../../../src/algorithms/stages/whiten.ts';
import type { CaseView } from './case.ts';
import { tableOf } from './loss-case.ts';

type Got = Record<string, unknown>;

const CENTERS: Readonly<Record<string, AdvantageOptions['center']>> = { mean: 'mean', none: 'none', loo: 'leave-one-out' };

/** The rows of each prompt, in the order prompts first appear. */
export function groupsOf(view: CaseView): Group[] {
  const ids = view.row('group');
  return [...new Set(ids)].map((prompt) => ({ prompt, rows: ids.flatMap((id, row) => (id === prompt ? [row] : [])) }));
}

/** Released estimators were fed rewards without gaps; `advantage` is about the gaps. */
function rewardsOf(view: CaseView): number[] {
  return view.row(view.has('rewardFinite') && view.algorithm !== 'advantage' ? 'rewardFinite' : 'reward');
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
  const rewards = Array.isArray(parts) ? combined(view, parts.map(String)) : rewardsOf(view);
  const groups = groupsOf(view);
  const advantages = groupAdvantages(rewards, groups, optionsOf(view));
  const batch = view.text('scale', '') === 'batch' ? deviation(rewards) : null;
  const equal = groups.filter(({ rows }) => (batch ?? deviation(rows.map((row) => rewards[row]!))) <= 1e-8);
  return { advantages, metrics: { frac_reward_zero_std: equal.reduce((sum, { rows }) => sum + rows.length, 0) / rewards.length } };
}

function partsOf(view: CaseView, names: readonly string[]): number[][] {
  const parts = view.inputs.raw('rewardParts') as Readonly<Record<string, readonly (number | null)[]>>;
  return names.map((name) => parts[name]!.map((value) => value ?? Number.NaN));
}

/** Σ_k w_k R_k, a missing part counting 0; missing where every part is. */
function combined(view: CaseView, names: readonly string[]): number[] {
  const weights = weightsOf(view, names);
  const parts = partsOf(view, names);
  return Array.from({ length: view.B }, (_, i) => {
    const known = parts.map((part) => part[i]!).filter((value) => !Number.isNaN(value));
    return known.length === 0 ? Number.NaN : parts.reduce((sum, part, k) => sum + (Number.isNaN(part[i]!) ? 0 : weights[k]! * part[i]!), 0);
  });
}

function weightsOf(view: CaseView, names: readonly string[]): number[] {
  const weights = view.option('weights');
  return Array.isArray(weights) ? weights.map(Number) : names.map(() => 1);
}

function normalizeThenSum(view: CaseView, names: readonly string[]): Got {
  const weights = weightsOf(view, names);
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
  // The source has a baseline per row: each is a group of its own.
  const rows = Array.from({ length: mask.rows }, (_, row) => ({ prompt: row, rows: [row] }));
  const advantages = spreadOverTokens(greedyBaselineAdvantages(rewardsOf(view), rows, view.row('rewardBaseline')), mask);
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
  const names = (view.option('parts') as string[] | null) ?? [];
  const weights = weightsOf(view, names);
  const mask = maskOf(view);
  view.ignore('whitenEps');
  const sums = normalizedThenSummed(partsOf(view, names), weights, groupsOf(view), {
    eps: view.number('eps', 1e-6),
    singleton: policyOf(view) === 'raw' ? 'raw' : 'zero',
  });
  return { advantageTokens: tableOf(whiten(spreadOverTokens(sums, mask), mask), mask.T) };
}

export const advantages = {
  grpo: grpo,
  rloo: advantage,
  opo: (view: CaseView) => ({ advantages: lengthWeightedAdvantages(rewardsOf(view), groupsOf(view), view.lengths, policyOf(view)) }),
  gpg: (view: CaseView) => ({ advantages: sparseScaledAdvantages(rewardsOf(view), groupsOf(view), view.number('fNorm', 1), policyOf(view)) }),
  grpo_passk: (view: CaseView) => {
    const eps = view.number('eps', 1e-6);
    return { advantages: bestOfGroupAdvantages(rewardsOf(view), groupsOf(view), view.text('scale', 'group') === 'none' ? null : eps, policyOf(view)) };
  },
  maxrl: (view: CaseView) => {
    return { advantages: meanScaledAdvantages(rewardsOf(view), groupsOf(view), view.number('eps', 1e-6), policyOf(view)) };
  },
  advantage: advantage,
  'reinforce++': reinforcePlusPlus,
  'reinforce++baseline': reinforcePlusPlusBaseline,
  remax,
  optimal_token_baseline: optimalToken,
  gdpo,
};
