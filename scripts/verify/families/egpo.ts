/** EGPO and EDGE: segments, signals, weights and scaled advantages. */

import { edgeWeights } from '../../../src/algorithms/edge.ts';
import { type EgpoOptions, egpoWeights } from '../../../src/algorithms/egpo.ts';
import { groupAdvantages } from '../../../src/algorithms/stages/advantage.ts';
import { rowMeansOver, segmentMask } from '../../../src/algorithms/stages/segments.ts';
import { clippedPolicyTerm } from '../../../src/algorithms/stages/surrogate.ts';
import type { Device } from '../../../src/gpu/device.ts';
import { scaleRows } from '../../../src/kernels/stages.ts';
import { groupsOf } from './advantages.ts';
import type { CaseView } from './case.ts';
import { filled, miniBatchOf, runLoss, tableOf } from './loss-case.ts';
import { namedWeights } from './weights.ts';

const SEGMENTS = ['answer', 'thinking', 'joint'] as const;
const NEGATIVES = ['original', 'clamp', 'lock_one'] as const;

function oneOf<const W extends string>(words: readonly W[], word: string): W {
  return words.find((known) => known === word) ?? words[0]!;
}

const BASE = { center: 'mean', scale: 'group', eps: 1e-6, singleton: 'raw' } as const;

function egpo(view: CaseView): object {
  const version = view.number('version', 3);
  const options: EgpoOptions = {
    signal: view.text('signal', 'nll') === 'entropy' ? 'entropy' : 'nll',
    segment: oneOf(SEGMENTS, view.text('mode', 'answer')),
    weightMin: view.number('lambdaMin', 0.5),
    weightMax: view.number('lambdaMax', 2),
    eps: view.number('eps', 1e-6),
    version: version === 1 || version === 2 ? version : 3,
    negatives: oneOf(NEGATIVES, view.text('negative', 'original')),
  };
  const [B, T, lengths, rewards, groups] = [view.B, view.T, view.lengths, view.row('reward'), groupsOf(view)];
  const mask = view.text('align', 'fixed') === 'source' ? misalignedMask(view, options.segment) : fixedMask(view, options.segment);
  const table = view.table(options.signal === 'nll' ? 'oldLogp' : 'entropy').flat();
  const signal = rowMeansOver(table, mask, B, T, options.signal === 'nll' ? -1 : 1);
  const isValid = Array.from(signal, (_, i) => mask.subarray(i * T, (i + 1) * T).includes(1));
  const isPositive = rewards.map((reward, i) => reward > 0 && (version < 3 || lengths[i]! > 0));
  const { weights, metrics } = egpoWeights({ signal, isValid, isPositive, groups }, options);
  const base = groupAdvantages(rewards, groups, BASE);
  return { segmentMask: tableOf(mask, T), signal, weights, advantages: base.map((value, i) => value * weights[i]!), metrics };
}

function fixedMask(view: CaseView, segment: EgpoOptions['segment']): Uint8Array {
  const tables = { T: view.T, responseMask: view.table('mask').flat(), tokens: view.table('tokens').flat(), thinkEndId: view.inputs.number('thinkEndId') };
  return segmentMask(tables, view.B, segment);
}

/** As released: the tag is found in prompt and completion together, and its place there is read as one in the completion. */
function misalignedMask(view: CaseView, segment: EgpoOptions['segment']): Uint8Array {
  const [mask, tokens, prompts, id] = [view.table('mask'), view.table('tokens'), view.table('promptIds'), view.inputs.number('thinkEndId')];
  return Uint8Array.from(
    mask.flatMap((row, b) => {
      const end = [...prompts[b]!, ...tokens[b]!].indexOf(id);
      return row.map((m, t) => {
        const isInside = segment === 'joint' || (end < 0 ? segment === 'answer' : segment === 'answer' ? t > end : t <= end);
        return isInside ? m : 0;
      });
    }),
  );
}

async function edge(view: CaseView, device: Device): Promise<object> {
  const compat = view.option('compat');
  if (compat === 'source') return edgeUndetached(view, device);
  if (compat === 'fixed') return edgeOverBatch(view, device);
  const lengths = view.lengths;
  const signal = rowMeansOver(view.table('entropy').flat(), view.table('mask').flat(), view.B, view.T);
  const { weights, metrics } = edgeWeights(signal, lengths, groupsOf(view), {
    weight: view.text('weight', 'ratio') === 'zscore' ? 'zscore' : 'ratio',
    weightMin: view.number('lambdaMin', 0.5),
    weightMax: view.number('lambdaMax', 2),
    beta: view.number('beta', 1),
    zClip: view.number('zClip', 3),
    eps: view.number('eps', 1e-6),
    isSource: true,
  });
  const base = groupAdvantages(view.row('reward'), groupsOf(view), BASE);
  return { signal, advantages: base.map((value, i) => value * weights[i]!), metrics };
}

/** The TRL form: A · (mean entropy of the batch) / (mean entropy of the row), rows without tokens left out. */
async function edgeOverBatch(view: CaseView, device: Device): Promise<object> {
  const batch = miniBatchOf(view, device);
  const signal = rowMeansOver(view.table('entropy').flat(), view.table('mask').flat(), view.B, view.T);
  const valid = Array.from(signal).filter((_, i) => batch.lengths[i]! > 0);
  const mean = valid.reduce((sum, value) => sum + value, 0) / valid.length;
  const advantages = batch.advantages.map((value, i) => (batch.lengths[i]! > 0 ? (value * mean) / signal[i]! : 0));
  const result = await ppo(view, device, { ...batch, advantages });
  return { ...result, advantages };
}

/** As released: the row's mean entropy includes padding, and the loss moves with it. */
async function edgeUndetached(view: CaseView, device: Device): Promise<object> {
  const rows = view.has('rows') ? view.row('rows') : Array.from({ length: view.B }, (_, i) => i);
  const [batch, entropies, T] = [miniBatchOf(view, device, rows), rows.map((row) => view.table('entropy')[row]!), view.T];
  const means = entropies.map((row) => row.reduce((sum, value) => sum + value, 0) / T);
  const mean = means.reduce((sum, value) => sum + value, 0) / means.length;
  const advantages = batch.advantages.map((value, i) => (value * mean) / means[i]!);
  const result = await ppo(view, device, { ...batch, advantages });
  // loss = Σ_i L_i / means_i; the mean over the batch is a constant of the slope.
  const slopes = result.rowLoss.map((value, i) => -value / means[i]! / T);
  const stitched = (pick: (i: number) => number[]): number[][] =>
    Array.from({ length: view.B }, (_, row) => (rows.includes(row) ? pick(rows.indexOf(row)) : new Array<number>(T).fill(0)));
  return {
    ...result,
    slopeLogp: stitched((i) => result.slopeLogp[i]!),
    slopeEntropy: stitched((i) => new Array<number>(T).fill(slopes[i]!)),
    metrics: { entropy_mean: mean },
  };
}

async function ppo(view: CaseView, device: Device, batch: ReturnType<typeof miniBatchOf>) {
  view.ignore('rows');
  const weights = namedWeights(view, view.text('agg', 'trl.grpo'), { lengths: batch.lengths, T: view.T });
  const rows = {
    advantage: batch.advantages,
    low: filled(batch.B, 1 - view.number('clipLow', 0.2)),
    high: filled(batch.B, 1 + view.number('clipHigh', 0.2)),
    policy: weights,
  };
  let rowLoss: number[] = [];
  const result = await runLoss(batch, rows, (draft) => {
    const policy = clippedPolicyTerm(draft, { ratio: 'token', clampLogRatio: null, dual: null });
    scaleRows(device, draft.byLogProb, draft.row('policy'));
    draft.addPolicyLoss(policy.value);
    draft.measure((sums) => {
      rowLoss = Array.from(weights, (weight, b) => weight * sums.of(b, policy.value));
      return {};
    });
  });
  return { ...result, rowLoss };
}

export const egpoFamily = { egpo, edge };
