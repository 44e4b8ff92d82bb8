/** Entropy bonus and its controllers, high-entropy masks, the entropy-ratio gate, anchored entropy, shaped advantages. */

import type { Draft } from '../../../src/algorithms/draft.ts';
import { anchoredEntropyTerm } from '../../../src/algorithms/stages/anchored-entropy.ts';
import { entropyTerm } from '../../../src/algorithms/stages/entropy.ts';
import { dualAscent, stepTowardTarget } from '../../../src/algorithms/stages/entropy-control.ts';
import { gateByEntropyRatio, shapeByEntropy } from '../../../src/algorithms/stages/entropy-shaping.ts';
import { klTerm } from '../../../src/algorithms/stages/kl.ts';
import { keepAboveQuantile, largestOf, quantileCounts, type QuantileScope } from '../../../src/algorithms/stages/select.ts';
import { clippedPolicyTerm, policyTerm } from '../../../src/algorithms/stages/surrogate.ts';
import type { Device } from '../../../src/gpu/device.ts';
import type { Tensor } from '../../../src/gpu/tensor.ts';
import { scaleRows, UNCLAMPED } from '../../../src/kernels/stages.ts';
import { boundedGradientSurrogate } from '../../../src/kernels/stages-clip.ts';
import type { CaseView } from './case.ts';
import { deviceTable, filled, miniBatchOf, runLoss, tableOf } from './loss-case.ts';
import { klOfOldToNew, surprisalMetrics, underSourceNames } from './surrogates.ts';
import { caseWeights, namedWeights } from './weights.ts';

type Got = Record<string, unknown>;

function clipRows(view: CaseView, B: number) {
  return { low: filled(B, 1 - view.number('clipLow', 0.2)), high: filled(B, 1 + view.number('clipHigh', 0.2)) };
}

/** The PPO term of a case, aggregated. */
function ppoTerm(draft: Draft, view: CaseView, clampLogRatio: number | null = 20): void {
  const policy = clippedPolicyTerm(draft, { ratio: 'token', clampLogRatio, dual: view.number('dualClip', null) });
  scaleRows(draft.device, draft.byLogProb, draft.row('policy'));
  draft.addPolicyLoss(policy.value);
}

async function withEntropyAndKl(view: CaseView, device: Device): Promise<Got> {
  const [batch, weights] = [miniBatchOf(view, device), caseWeights(view)];
  const [entropyCoef, klCoef] = [view.number('entropyCoef', 0), view.number('klCoef', 0)];
  view.ignore('kl');
  const rows = {
    advantage: batch.advantages,
    ...clipRows(view, batch.B),
    policy: weights,
    kl: weights.map((weight) => klCoef * weight),
    entropy: weights.map((weight) => -entropyCoef * weight),
  };
  const klOptions = { klEstimator: 'k3', klClamp: { logRatio: 20, k3: 10 }, klBiasCorrection: false } as const;
  const result = await runLoss(batch, rows, (draft) => {
    ppoTerm(draft, view);
    const before = draft.columns;
    klTerm(draft, weights, klCoef, klOptions);
    entropyTerm(draft, weights, entropyCoef);
    draft.measure((sums) => ({ kl_loss: sums.weighted(before, weights), 'actor/entropy_loss': sums.weighted(before + 1, weights) }));
  });
  return { ...result };
}

/** EntropyRL's term: + coefficient · mean surprisal, which is k1 against a reference of probability 1, turned round. */
async function withSurprisal(view: CaseView, device: Device): Promise<Got> {
  const weights = caseWeights(view);
  const coefficient = view.number('entropyCoef', 0);
  view.ignore('sign');
  const own = miniBatchOf(view, device);
  const zeros = tableOf(new Float64Array(own.B * own.T), own.T);
  const batch = {
    ...own,
    refLogProbs: deviceTable(device, zeros),
    advantages: view.text('advantage', 'fixture') === 'zero' ? filled(own.B, 0) : own.advantages,
  };
  const rows = { advantage: batch.advantages, ...clipRows(view, batch.B), policy: weights, kl: weights.map((weight) => -coefficient * weight) };
  const result = await runLoss(batch, rows, (draft) => {
    ppoTerm(draft, view);
    klTerm(draft, weights, -coefficient, { klEstimator: 'k1', klClamp: { logRatio: null, k3: null }, klBiasCorrection: false });
  });
  return { ...result, metrics: surprisalMetrics(view, weights) };
}

function adaptiveEntropy(view: CaseView): Got {
  const law = view.text('law', 'trl');
  view.ignore('window', 'initialLastEntropy');
  const options = {
    target: view.number('target', 0.2),
    step: view.number('delta', 0.005),
    min: view.number('min', 0),
    max: view.number('max', 1),
    inclusive: law === 'trl',
  };
  let state = { coef: view.number('init', 0), enabled: true };
  const start = { coef: state.coef, enabled: 1 };
  const steps = view.row('measured').map((entropy) => {
    const applied = state.enabled ? state.coef : 0;
    state = stepTowardTarget(state, entropy, options);
    return law === 'trl' ? { applied, coefAfter: state.coef, windowEntropy: entropy } : { coef: state.coef, enabled: state.enabled ? 1 : 0 };
  });
  return { states: law === 'trl' ? steps : [start, ...steps] };
}

/** Skywork's gauges: how large the policy's and the entropy's gradients are beside each other. */
function entropySignal(view: CaseView): Got {
  const [mask, old, advantage] = [view.table('mask'), view.table('oldLogp'), view.row('advantage')];
  const realized = view.number('coef', 0) * view.number('enabled', 1);
  let [tokens, squares, surprisals, logSquares] = [0, 0, 0, 0];
  mask.forEach((row, b) =>
    row.forEach((m, t) => {
      if (m === 0) return;
      tokens++;
      squares += advantage[b]! ** 2;
      surprisals -= old[b]![t]!;
      logSquares += old[b]![t]! ** 2;
    }),
  );
  const [a, e] = [Math.sqrt(squares / tokens), Math.sqrt(logSquares / tokens)];
  const metrics = {
    pg_grad_scale: a,
    entropy_grad_scale: e,
    entropy_grad_scale_with_coeff: e * realized,
    pg_grad_ratio: a / (a + e * realized),
    entropy_grad_ratio: (e * realized) / (a + e * realized),
    entropy_loss: surprisals / tokens,
    entropy_loss_with_coeff: (surprisals / tokens) * realized,
    entropy_coeff: realized,
    entropy_coeff_realized: realized,
  };
  return { metrics: Object.fromEntries(Object.entries(metrics).map(([name, value]) => [`actor/${name}`, value])) };
}

async function highEntropyMask(view: CaseView, device: Device): Promise<Got> {
  const batch = miniBatchOf(view, device);
  const scope: QuantileScope = view.text('scope', 'batch') === 'row' ? 'row' : 'batch';
  const [quantile, strict] = [view.number('quantile', 0.8), view.text('compare', '>=') === '>'];
  view.ignore('interpolation');
  const zeros = filled(batch.B, 0);
  const countsOf = (isStrict: boolean) => quantileCounts(quantile, batch.lengths, batch.tokenCount, scope, isStrict);
  const rows = { advantage: zeros, low: zeros, high: zeros, below: countsOf(true), above: countsOf(false) };
  const made: Record<string, { readonly keep: Tensor; readonly limits: Tensor }> = {};
  await runLoss(batch, rows, (draft) => {
    for (const name of ['below', 'above']) made[name] = keepAboveQuantile(draft, { values: batch.entropies, counts: name, scope, strict, name });
  });
  const [below, above] = [await device.read(made['below']!.limits), await device.read(made['above']!.limits)];
  // Linear between the two order statistics.
  const threshold = Array.from(batch.lengths, (length, b) => {
    const position = quantile * (length - 1);
    return length === 0 ? Number.NaN : below[b]! + (position - Math.floor(position)) * (above[b]! - below[b]!);
  });
  return { selected: tableOf(await device.read(made[strict ? 'below' : 'above']!.keep), batch.T), ...(scope === 'row' && { threshold }) };
}

/** 80/20 as Lp-Reg's repository has it: the k tokens of largest entropy, and their number as the divisor. */
async function keptShare(view: CaseView, device: Device): Promise<Got> {
  view.ignore('scope', 'count', 'denominator', 'agg');
  const batch = miniBatchOf(view, device);
  const count = Math.floor(view.number('keepFraction', 0.2) * batch.tokenCount);
  const zeros = filled(batch.B, 0);
  let chosen: Tensor | undefined;
  await runLoss(batch, { advantage: zeros, low: zeros, high: zeros, count: filled(batch.B, count) }, (draft) => {
    chosen = largestOf(draft, batch.entropies, 'count');
  });
  const selected = tableOf(await device.read(chosen!), batch.T);
  const kept = miniBatchOf(view, device, undefined, { mask: selected });
  const weights = namedWeights(view, 'entmech.token-mean', { lengths: kept.lengths, T: kept.T });
  const result = await runLoss(kept, { advantage: kept.advantages, ...clipRows(view, kept.B), policy: weights }, (draft) => ppoTerm(draft, view, null));
  return { ...result, selected, metrics: { ...underSourceNames(result.metrics['clip_ratio/region_mean']!, 0, klOfOldToNew(view)) } };
}

async function erc(view: CaseView, device: Device): Promise<Got> {
  const [batch, weights] = [miniBatchOf(view, device), caseWeights(view)];
  const dual = view.number('dualClip', 10);
  let inside: Tensor | undefined;
  const result = await runLoss(batch, { advantage: batch.advantages, ...clipRows(view, batch.B), policy: weights }, (draft) => {
    if (view.text('base', 'ppo') === 'ppo') ppoTerm(draft, view, null);
    else {
      const policy = policyTerm(draft, boundedGradientSurrogate, { clampLogRatio: UNCLAMPED, dual, lowGain: 1, highGain: 1 });
      scaleRows(draft.device, draft.byLogProb, draft.row('policy'));
      draft.addPolicyLoss(policy.value);
    }
    inside = gateByEntropyRatio(draft, view.number('entropyRatioLow', 0.95), view.number('entropyRatioHigh', 1.05));
  });
  const metrics = {
    ...underSourceNames(result.metrics['clip_ratio/region_mean']!, 0, klOfOldToNew(view)),
    entropy_frac: result.metrics['select/entropy_ratio_share']!,
  };
  return { ...result, selected: tableOf(await device.read(inside!), batch.T), metrics };
}

async function siren(view: CaseView, device: Device): Promise<Got> {
  const batch = miniBatchOf(view, device);
  const rowCount = view.text('rows', 'all') === 'all' ? batch.B : batch.rowCount;
  view.ignore('agg');
  const zeros = filled(batch.B, 0);
  const count = quantileCounts(view.number('quantile', 0.8), batch.lengths, batch.tokenCount, 'row', true);
  let kept: Tensor | undefined;
  const result = await runLoss(batch, { advantage: zeros, low: zeros, high: zeros, count }, (draft) => {
    kept = keepAboveQuantile(draft, { values: batch.entropies, counts: 'count', scope: 'row', strict: true }).keep;
    anchoredEntropyTerm(draft, kept, { rowCount, anchor: view.number('anchor', 1), coefficient: view.number('coef', 0.005) });
  });
  return { ...result, selected: tableOf(await device.read(kept!), batch.T), metrics: { peakEntropy: result.metrics['peak_entropy']! } };
}

function dualAscentStates(view: CaseView): Got {
  const options = { target: view.number('target', 0.2), lr: view.number('lr', 0.01) };
  let coef = view.number('init', 0);
  return { states: [coef, ...view.row('measured').map((entropy) => (coef = dualAscent(coef, entropy, options)))] };
}

async function shapedAdvantages(view: CaseView, device: Device): Promise<Got> {
  const batch = miniBatchOf(view, device);
  const zeros = filled(batch.B, 0);
  let shaped: Tensor | undefined;
  await runLoss(batch, { advantage: batch.advantages, low: zeros, high: zeros }, (draft) => {
    shaped = shapeByEntropy(draft, batch.entropies, { alpha: view.number('alpha', 0.4), kappa: view.number('kappa', 2) });
  });
  return { advantageTokens: tableOf(await device.read(shaped!), batch.T) };
}

export const entropyControl = {
  'ppo+entropy+kl': withEntropyAndKl,
  adaptive_entropy: adaptiveEntropy,
  entropy_signal: entropySignal,
  'ppo+nll': withSurprisal,
  high_entropy_mask: highEntropyMask,
  'ppo+high_entropy_mask': keptShare,
  erc,
  siren,
  dual_ascent: dualAscentStates,
  entropy_shaped_advantage: shapedAdvantages,
};
