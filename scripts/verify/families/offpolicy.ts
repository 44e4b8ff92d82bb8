/** The gap between sampler and trainer: importance weights, rejection, diagnostics, and losses without an old policy. */

import { gapDiagnostics, type GapStatistic, type GapTables, rejectByGap, type Rejection, weightMetrics } from '../../../src/algorithms/stages/sampler-gap.ts';
import { correctForSampler } from '../../../src/algorithms/stages/rollout-correction.ts';
import { withoutDriftedRows } from '../../../src/algorithms/stages/select.ts';
import { clippedPolicyTerm, policyTerm } from '../../../src/algorithms/stages/surrogate.ts';
import type { Device } from '../../../src/gpu/device.ts';
import type { Tensor } from '../../../src/gpu/tensor.ts';
import { scaleRows, UNBOUNDED, UNCLAMPED } from '../../../src/kernels/stages.ts';
import type { RolloutWeightOptions } from '../../../src/kernels/stages-rollout.ts';
import { logProbSurrogate } from '../../../src/kernels/stages-weights.ts';
import type { CaseView } from './case.ts';
import { deviceTable, filled, miniBatchOf, runLoss, tableOf } from './loss-case.ts';
import { underSourceNames } from './surrogates.ts';
import { namedWeights } from './weights.ts';

type Got = Record<string, unknown>;
type Fields = Readonly<Record<string, number[][]>>;

function gapOf(view: CaseView, trainer: 'oldLogp' | 'logp' = 'oldLogp'): GapTables {
  return { rows: view.B, T: view.T, mask: view.table('mask').flat(), trainer: view.table(trainer).flat(), sampler: view.table('samplerLogp').flat() };
}

/** The weights that the device's stage makes. */
async function deviceWeights(view: CaseView, device: Device, options: RolloutWeightOptions, fields: Fields = {}): Promise<number[][]> {
  const batch = miniBatchOf(view, device, undefined, fields);
  const zeros = filled(batch.B, 0);
  let weights: Tensor | undefined;
  await runLoss(batch, { advantage: zeros, low: zeros, high: zeros }, (draft) => {
    correctForSampler(draft, options);
    weights = draft.samplerWeights;
  });
  return tableOf(await device.read(weights!), batch.T);
}

async function importance(view: CaseView, device: Device): Promise<Got> {
  return view.text('mode', '') === '' ? verlWeights(view, device) : trlWeights(view, device);
}

async function verlWeights(view: CaseView, device: Device): Promise<Got> {
  view.ignore('clampLogRatio');
  const level = view.text('level', 'token') === 'sequence' ? 'sequence' : 'token';
  const outside = view.text('outside', 'clip') === 'zero' ? 'zero' : 'clip';
  const high = view.number('max', UNBOUNDED);
  const low = view.number('min', null);
  const weights = await deviceWeights(view, device, { level, outside, low: low ?? 0, high, clampLogRatio: 20 });
  const measured = weightMetrics(gapOf(view), { level, outside, high, low: low ?? 1 / high });
  const factor = view.flag('batchNormalize') ? measured['batch_norm_factor']! : 1;
  return {
    weights: weights.map((row) => row.map((w) => w / factor)),
    metrics: Object.fromEntries(Object.entries(measured).map(([name, value]) => [`rollout_is_${name}`, value])),
  };
}

/** TRL counts a log-ratio of 0 outside the mask; a sequence weight stands once per row. */
async function trlWeights(view: CaseView, device: Device): Promise<Got> {
  const mode = view.text('mode', '');
  const level = mode.startsWith('sequence') ? 'sequence' : 'token';
  const [mask, old, sampler] = [view.table('mask'), view.table('oldLogp'), view.table('samplerLogp')];
  const fields = {
    mask: mask.map((row) => row.map(() => 1)),
    samplerLogp: sampler.map((row, b) => row.map((value, t) => (mask[b]![t] === 0 ? old[b]![t]! : value))),
  };
  const options = {
    level,
    outside: mode.endsWith('mask') ? 'zero' : 'clip',
    low: view.number('min', 0),
    high: view.number('max', UNBOUNDED),
    clampLogRatio: UNCLAMPED,
  } as const;
  const weights = await deviceWeights(view, device, options, fields);
  return { weights: level === 'sequence' ? weights.map(([first]) => first) : weights };
}

function rejection(view: CaseView): Got {
  const statistics = view.option('statistic') as string[];
  const thresholds = view.option('threshold') as (number | [number, number])[];
  const tests = statistics.map((statistic, i): Rejection => ({ statistic: statistic as GapStatistic, threshold: thresholds[i]! }));
  const { keep, metrics } = rejectByGap(gapOf(view), tests);
  return { selected: tableOf(keep, view.T), metrics };
}

async function sequenceMask(view: CaseView, device: Device): Promise<Got> {
  const batch = miniBatchOf(view, device);
  const zeros = filled(batch.B, 0);
  let keep: Tensor | undefined;
  await runLoss(batch, { advantage: batch.advantages, low: zeros, high: zeros }, (draft) => {
    keep = withoutDriftedRows(draft, batch.rolloutLogProbs!, view.number('threshold', 0));
  });
  const table = tableOf(await device.read(keep!), batch.T);
  // A row without tokens has drifted nowhere.
  return { rowKeep: table.map((row, b) => (batch.lengths[b] === 0 || row.includes(1) ? 1 : 0)) };
}

/** π_old is the sampler: weights and rejection come from the policy as it stands and are constants of the slope. */
async function bypass(view: CaseView, device: Device): Promise<Got> {
  view.ignore('weightsFrom');
  const [threshold, statistic] = [view.text('rejectionThreshold', ''), view.text('rejection', '')];
  const [low, high] = threshold.split('_').map(Number);
  const tests: Rejection[] = statistic === '' ? [] : [{ statistic: statistic as GapStatistic, threshold: [low!, high!] }];
  const mask = tableOf(rejectByGap(gapOf(view, 'logp'), tests).keep, view.T);
  const sampled = { mask, oldLogp: view.table('samplerLogp') };
  const batch = miniBatchOf(view, device, undefined, sampled);
  const weights = namedWeights(view, view.text('agg', 'seq-mean-token-sum'), { lengths: batch.lengths, T: view.T });
  const rows = {
    advantage: batch.advantages,
    low: filled(batch.B, 1 - view.number('clipLow', 0.2)),
    high: filled(batch.B, 1 + view.number('clipHigh', 0.2)),
    policy: weights,
  };
  const importanceLevel = view.option('importance');
  const cap = view.number('importanceThreshold', UNBOUNDED);
  // The gap of the policy as it stands to its sampler, over all tokens sampled: rejection does not shorten a row.
  const correction = { level: importanceLevel === 'sequence' ? 'sequence' : 'token', outside: 'clip', low: 0, high: cap, clampLogRatio: 20 } as const;
  const weighed = importanceLevel === null ? null : await deviceWeights(view, device, correction, { oldLogp: view.table('logp') });
  const result = await runLoss(batch, rows, (draft) => {
    if (view.text('surrogate', 'reinforce') === 'ppo_clip') {
      draft.addPolicyLoss(clippedPolicyTerm(draft, { ratio: 'token', clampLogRatio: 20, dual: 3 }).value);
    } else {
      if (weighed) draft.weigh(deviceTable(device, weighed));
      draft.addPolicyLoss(policyTerm(draft, logProbSurrogate, { clampLogRatio: UNCLAMPED, pull: 0 }).value);
    }
    scaleRows(device, draft.byLogProb, draft.row('policy'));
  });
  const { 'clip_ratio/region_mean': clipped, pg_clipfrac_lower: lower, ppo_kl: kl } = result.metrics;
  return { ...result, metrics: underSourceNames(clipped!, lower!, kl!) };
}

export const offpolicy = {
  tis: importance,
  icepop: importance,
  mis: importance,
  rejection,
  offpolicy_metrics: (view: CaseView): Got => ({ metrics: gapDiagnostics(gapOf(view)) }),
  offpolicy_sequence_mask: sequenceMask,
  bypass,
};
