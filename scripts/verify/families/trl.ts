/** Whole losses of TRL: surrogate, selections, sampler correction, KL, entropy bonus and aggregation together. */

import type { Draft } from '../../../src/algorithms/draft.ts';
import { entropyTerm } from '../../../src/algorithms/stages/entropy.ts';
import { klTerm } from '../../../src/algorithms/stages/kl.ts';
import { correctForSampler } from '../../../src/algorithms/stages/rollout-correction.ts';
import { keepAboveQuantile, quantileCounts, withoutDriftedRows } from '../../../src/algorithms/stages/select.ts';
import { clippedPolicyTerm, policyTerm, type SurrogateColumns } from '../../../src/algorithms/stages/surrogate.ts';
import type { Device } from '../../../src/gpu/device.ts';
import type { Tensor } from '../../../src/gpu/tensor.ts';
import { scaleRows, UNBOUNDED, UNCLAMPED } from '../../../src/kernels/stages.ts';
import { clippedSurrogate } from '../../../src/kernels/stages-clip.ts';
import { cappedWeightSurrogate, gammaWeightSurrogate, softGateSurrogate } from '../../../src/kernels/stages-weights.ts';
import type { RowSums } from '../../../src/algorithms/row-sums.ts';
import type { CaseView } from './case.ts';
import { filled, miniBatchOf, runLoss, tableOf } from './loss-case.ts';
import { namedWeights } from './weights.ts';

const AGGREGATION: Readonly<Record<string, string>> = {
  grpo: 'trl.grpo',
  sapo: 'trl.grpo',
  bnpo: 'trl.bnpo',
  dapo: 'trl.dapo',
  cispo: 'trl.dapo',
  vespo: 'trl.dapo',
  dr_grpo: 'trl.dr_grpo',
};
/** Losses whose entropy bonus is divided by all tokens even where it acts on some. */
const DIVIDES_BY_ALL = new Set(['dapo', 'cispo', 'vespo']);

export async function trlLoss(view: CaseView, device: Device): Promise<Record<string, unknown>> {
  const lossType = view.text('lossType', 'grpo');
  const B = view.B;
  const weights = lossType === 'luspo' ? filled(B, 1 / B) : namedWeights(view, AGGREGATION[lossType]!, { lengths: view.lengths, T: view.T });
  view.ignore('maxLength', 'batchNumTokens', 'globalBatchSize', 'lossScaleFactor');
  const batch = miniBatchOf(view, device);
  const [beta, entropyCoef, quantile] = [view.number('beta', 0), view.number('entropyCoef', 0), view.number('topEntropyQuantile', 1)];
  const kept = quantile < 1 && entropyCoef !== 0 && !DIVIDES_BY_ALL.has(lossType) ? await keptTokens(view, device, quantile) : batch.tokenCount;
  const [low, high] = boundsOf(view, lossType);
  const entropyWeights = filled(B, 1 / kept);
  const rows = {
    advantage: batch.advantages,
    low: filled(B, low),
    high: filled(B, high),
    policy: weights,
    kl: weights.map((weight) => beta * weight),
    entropy: filled(B, -entropyCoef / kept),
    count: quantileCounts(1 - quantile, batch.lengths, batch.tokenCount, 'batch'),
  };
  const result = await runLoss(batch, rows, (draft) => {
    const keep = quantile < 1 ? highEntropy(draft) : undefined;
    if (keep) draft.weigh(keep);
    draft.bonusKeep = keep;
    select(draft, view);
    const columns = surrogateOf(draft, view, lossType);
    scaleRows(device, draft.byLogProb, draft.row('policy'));
    draft.addPolicyLoss(columns.value);
    if (beta !== 0) klTerm(draft, weights, beta, { klEstimator: 'k3', klClamp: { logRatio: null, k3: null }, klBiasCorrection: view.flag('biasKl') });
    entropyTerm(draft, entropyWeights, entropyCoef);
    draft.measure((sums) => ownMetrics(view, sums, columns));
  });
  const bonus = entropyCoef * bonusOf(result.slopeEntropy, view, entropyCoef);
  return { ...result, metrics: { ...result.metrics, policy_loss: result.loss + bonus, entropy_coef: entropyCoef } };
}

function boundsOf(view: CaseView, lossType: string): [number, number] {
  const [clipLow, clipHigh] = [view.number('clipLow', 0.2), view.number('clipHigh', 0.2)];
  return lossType === 'cispo' ? [0, clipHigh] : [1 - clipLow, 1 + clipHigh];
}

function highEntropy(draft: Draft): Tensor {
  return keepAboveQuantile(draft, { values: draft.batch.entropies, counts: 'count', scope: 'batch' }).keep;
}

/** How many tokens reach the quantile. */
async function keptTokens(view: CaseView, device: Device, quantile: number): Promise<number> {
  const batch = miniBatchOf(view, device);
  const zeros = filled(batch.B, 0);
  let keep: Tensor | undefined;
  await runLoss(
    batch,
    { advantage: zeros, low: zeros, high: zeros, count: quantileCounts(1 - quantile, batch.lengths, batch.tokenCount, 'batch') },
    (draft) => {
      keep = highEntropy(draft);
    },
  );
  return tableOf(await device.read(keep!), batch.T)
    .flat()
    .reduce((sum, one) => sum + one, 0);
}

function select(draft: Draft, view: CaseView): void {
  const threshold = view.number('offPolicyThreshold', null);
  if (threshold !== null) {
    const sampler = view.text('offPolicyFrom', 'samplerLogp') === 'oldLogp' ? draft.batch.oldLogProbs : draft.batch.rolloutLogProbs!;
    draft.weigh(withoutDriftedRows(draft, sampler, threshold));
  }
  const correction = view.option('importanceRatioFrom');
  if (typeof correction === 'object' && correction !== null && !Array.isArray(correction)) {
    const [level, outside] = String(correction['mode']).split('_');
    correctForSampler(draft, {
      level: level === 'sequence' ? 'sequence' : 'token',
      outside: outside === 'mask' ? 'zero' : 'clip',
      low: Number(correction['min'] ?? 0),
      high: Number(correction['max'] ?? UNBOUNDED),
      clampLogRatio: UNCLAMPED,
    });
  }
}

function surrogateOf(draft: Draft, view: CaseView, lossType: string): SurrogateColumns {
  const clampLogRatio = UNCLAMPED;
  if (lossType === 'cispo') return policyTerm(draft, cappedWeightSurrogate, { clampLogRatio });
  if (lossType === 'sapo')
    return policyTerm(draft, softGateSurrogate, { clampLogRatio, tauPositive: view.number('tauPos', 1), tauNegative: view.number('tauNeg', 1.05) });
  if (lossType === 'vespo') {
    const gamma = {
      kPositive: view.number('kPos', 2),
      lambdaPositive: view.number('lambdaPos', 3),
      kNegative: view.number('kNeg', 3),
      lambdaNegative: view.number('lambdaNeg', 2),
    };
    return policyTerm(draft, gammaWeightSurrogate, { clampLogRatio: 20, ...gamma });
  }
  if (view.text('level', 'token') === 'sequence') return clippedPolicyTerm(draft, { ratio: 'sequence', clampLogRatio: null, dual: null });
  return policyTerm(draft, clippedSurrogate, { clampLogRatio, dual: UNBOUNDED, delta: view.number('delta', null) ?? UNBOUNDED });
}

function ownMetrics(view: CaseView, sums: RowSums, columns: SurrogateColumns): Record<string, number> {
  const empty = sums.lengths.filter((length) => length === 0).length;
  const phi = sums.rowMeans(columns.extra).reduce((sum, mean) => sum + mean, empty) / sums.lengths.length;
  const overRows = (column: number): number => sums.rowMeans(column).reduce((sum, mean) => sum + mean, 0) / sums.lengths.length;
  const isSequence = view.text('level', 'token') === 'sequence';
  const meanOf = (column: number): number => (isSequence ? overRows(column) : sums.tokenMean(column));
  const [low, high] = [meanOf(columns.low), meanOf(columns.high)];
  return {
    'clip_ratio/low_mean': low,
    'clip_ratio/high_mean': high,
    'clip_ratio/region_mean': low + high,
    cispo_clip_ratio: sums.tokenMean(columns.high),
    'vespo/phi_seq_mean': phi,
  };
}

/** Σ |slope| · H / coefficient: the mean entropy that the bonus is of. */
function bonusOf(slopes: number[][], view: CaseView, coefficient: number): number {
  if (coefficient === 0) return 0;
  const entropies = view.table('entropy');
  return slopes.reduce((sum, row, b) => sum + row.reduce((part, slope, t) => (slope === 0 ? part : part - (slope / coefficient) * entropies[b]![t]!), 0), 0);
}

export const trl = Object.fromEntries(['grpo', 'bnpo', 'dapo', 'dr_grpo', 'luspo', 'cispo', 'sapo', 'vespo'].map((name) => [name, trlLoss]));
