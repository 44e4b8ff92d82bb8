/** Row weights of every aggregation that a source has, from those Entrain has. */

import { TrainerError } from '../../../src/base/errors.ts';
import { aggregationWeights, type LossAggregation } from '../../../src/algorithms/stages/aggregate.ts';
import type { CaseView } from './case.ts';

const OURS = new Set<string>(['token-mean', 'token-sum', 'seq-mean-token-sum', 'seq-mean-token-mean', 'seq-mean-token-sum-norm'] satisfies LossAggregation[]);

function isOurs(agg: string): agg is LossAggregation {
  return OURS.has(agg);
}

interface Counts {
  readonly lengths: ArrayLike<number>;
  readonly T: number;
}

/** d loss / d x of each row, for the aggregation that the case names; `fallback` where it names none. */
export function caseWeights(view: CaseView, fallback = 'token-mean', lengths: Uint32Array = view.lengths): Float64Array {
  const agg = view.text('agg', fallback);
  view.ignore('rows');
  const blocks = view.option('microRows');
  // Entrain's modes take the whole mini-batch, however it is split.
  if (view.text('scope', 'mini') === 'mini' || !Array.isArray(blocks)) return namedWeights(view, agg, { lengths, T: view.T });
  return blockedWeights(view, agg, blocks as number[][], lengths);
}

function blockedWeights(view: CaseView, agg: string, blocks: readonly (readonly number[])[], lengths: Uint32Array): Float64Array {
  const weights = new Float64Array(lengths.length);
  const tokens = lengths.reduce((sum, length) => sum + length, 0);
  for (const rows of blocks) {
    const own = rows.map((row) => lengths[row]!);
    const share = agg.startsWith('easyr1.') ? own.reduce((sum, length) => sum + length, 0) / tokens : rows.length / lengths.length;
    namedWeights(view, agg, { lengths: own, T: view.T }).forEach((weight, index) => (weights[rows[index]!] = weight * share));
  }
  return weights;
}

export function namedWeights(view: CaseView, agg: string, { lengths, T }: Counts): Float64Array {
  const all = Array.from(lengths);
  const tokenCount = view.number('batchNumTokens', null) ?? all.reduce((sum, length) => sum + length, 0);
  const rowCount = view.number('globalBatchSize', null) ?? all.filter((length) => length > 0).length;
  const lossScaleFactor = view.number('lossScaleFactor', null) ?? T;
  const maxLength = view.number('maxLength', null) ?? T;
  if (isOurs(agg)) {
    const weights = aggregationWeights(agg, { lengths, tokenCount, rowCount, lossScaleFactor });
    const sumOnly = agg === 'seq-mean-token-sum-norm' && view.text('drNorm', '2026') === '2025';
    return sumOnly ? weights.map((weight) => weight * rowCount) : weights;
  }
  const B = all.length;
  const N = tokenCount;
  const forms: Record<string, (length: number) => number> = {
    'entmech.token-mean': () => 1 / (N + 1e-8),
    'entmech.seq-mean-token-sum': () => 1 / B,
    'entmech.seq-mean-token-mean': (length) => 1 / (B * length),
    'entmech.seq-mean-token-sum-norm': () => 1 / T,
    'easyr1.token': () => 1 / (N + 1e-8),
    'easyr1.seq': (length) => 1 / (B * (length + 1e-8)),
    'trl.grpo': (length) => 1 / (B * Math.max(length, 1)),
    'trl.bnpo': () => 1 / Math.max(N, 1),
    'trl.dapo': () => 1 / N,
    'trl.dr_grpo': () => 1 / (B * maxLength),
  };
  const form = forms[agg];
  if (!form) throw new TrainerError(`${view.id}: expected an aggregation this check knows, got ${agg}.`);
  return Float64Array.from(all, form);
}
