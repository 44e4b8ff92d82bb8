/** Weights of prompts and rows (SEED, xDr), and the controllers of the MaxEnt releases. */

import { seedScale, semanticEntropy } from '../../../src/algorithms/seed-grpo.ts';
import { groupAdvantages } from '../../../src/algorithms/stages/advantage.ts';
import { alphaMultiplier, nextBeta, nextMeta, nextTau, targetAt } from '../../../src/algorithms/stages/maxent-control.ts';
import { clippedPolicyTerm } from '../../../src/algorithms/stages/surrogate.ts';
import { describeWeights, tempered } from '../../../src/algorithms/xdr.ts';
import type { Device } from '../../../src/gpu/device.ts';
import { scaleRows } from '../../../src/kernels/stages.ts';
import type { CaseView } from './case.ts';
import { filled, miniBatchOf, runLoss } from './loss-case.ts';

type Got = Record<string, unknown>;

function blocks(count: number, size: number) {
  return Array.from({ length: count / size }, (_, g) => ({ prompt: g, rows: Array.from({ length: size }, (_, i) => g * size + i) }));
}

function answersOf(view: CaseView): (string | null)[] {
  return (view.inputs.raw('answerKey') as unknown[]).map((key) => (typeof key === 'string' ? key : null));
}

export function seed(view: CaseView): Got {
  const alpha = view.number('alpha', 0);
  const answers = answersOf(view);
  const countsEmpty = view.text('compat', 'fixed') === 'source';
  view.ignore('emptyRows');
  const isInline = view.has('meanLogp');
  const [mask, old] = isInline ? [[], []] : [view.table('mask'), view.table('oldLogp')];
  const lengths = isInline ? answers.map(() => 1) : Array.from(view.lengths);
  const means = isInline
    ? view.row('meanLogp')
    : mask.map((row, b) => row.reduce((sum, m, t) => (m === 0 ? sum : sum + old[b]![t]!), 0) / Math.max(1, lengths[b]!));
  const size = isInline ? answers.length : view.inputs.number('groupSize');
  const groups = blocks(answers.length, size);
  const entropies = groups.map(({ rows }) => {
    const own = rows.filter((row) => countsEmpty || lengths[row]! > 0);
    return semanticEntropy(
      own.map((row) => means[row]!),
      own.map((row) => answers[row]!),
    );
  });
  const scale = entropies.map((entropy) => seedScale(entropy, size, alpha));
  return {
    semanticEntropy: entropies,
    scale,
    rowWeight: groups.flatMap(({ rows }, g) => rows.map(() => scale[g]!)),
    alphaEffective: alpha / Math.log(size),
    maxEntropy: Math.log(size),
  };
}

export async function xdr(view: CaseView, device: Device): Promise<Got> {
  const [tau, maxLength] = [view.number('tau', 0), view.number('maxLength', 1)];
  if (view.has('advantage') && view.has('tokenCount')) {
    const [advantages, counts] = [view.row('advantage'), view.row('tokenCount')];
    const group = { prompt: 0, rows: advantages.map((_, i) => i) };
    return {
      rowWeight: tempered(
        advantages.map((a, i) => (a * counts[i]!) / maxLength),
        group,
        tau,
        () => true,
      ),
    };
  }
  const [rewards, lengths, groups] = [view.row('reward'), view.lengths, blocks(view.B, view.inputs.number('groupSize'))];
  const advantages = groupAdvantages(rewards, groups, { center: 'mean', scale: 'none', eps: 0, singleton: 'zero' });
  const utilities = advantages.map((a, i) => (a * lengths[i]!) / maxLength);
  const isMasked = view.text('rowMask', '') !== '';
  const truncated = isMasked ? view.row('truncated') : [];
  const isIn = (row: number): boolean => !isMasked || (lengths[row]! > 0 && !truncated[row]);
  const distinct = view.has('distinctCorrect') ? view.row('distinctCorrect') : null;
  const groupTau = groups.map((_, g) => (view.flag('adaptive') && distinct ? tau / Math.log(1 + Math.max(1, distinct[g]!)) : tau));
  const rowWeight = groups.flatMap((group, g) => tempered(utilities, group, groupTau[g]!, isIn));
  const got = { groupTau, rowWeight, metrics: describeWeights(rowWeight, rewards, groups) };
  return view.text('agg', '') === '' ? got : { ...got, ...(await xdrLoss(view, device, advantages, rowWeight, maxLength)) };
}

async function xdrLoss(view: CaseView, device: Device, advantages: Float64Array, rowWeight: readonly number[], maxLength: number): Promise<Got> {
  const batch = { ...miniBatchOf(view, device), advantages };
  const policy = rowWeight.map((weight) => weight / (batch.B * maxLength));
  const rows = {
    advantage: advantages,
    low: filled(batch.B, 1 - view.number('clipLow', 0.2)),
    high: filled(batch.B, 1 + view.number('clipHigh', 0.2)),
    policy,
  };
  const result = await runLoss(batch, rows, (draft) => {
    const term = clippedPolicyTerm(draft, { ratio: 'token', clampLogRatio: null, dual: null });
    scaleRows(device, draft.byLogProb, draft.row('policy'));
    draft.addPolicyLoss(term.value);
  });
  return { ...result, metrics: { low: result.metrics['clip_ratio/low_mean'], high: result.metrics['clip_ratio/high_mean'] } };
}

export function betaController(view: CaseView): Got {
  const options = { target: view.number('target', 0), step: view.number('step', 1), horizon: view.number('horizon', 1) };
  let beta = view.number('init', 0);
  return { states: [beta, ...view.row('measured').map((kl) => (beta = nextBeta(beta, kl, options)))] };
}

export function tauController(view: CaseView): Got {
  const isLater = view.flag('maxZeroMeansNoCap');
  const [max, warmup, firstStep, target] = [view.number('max', 0), view.number('warmup', 0), view.inputs.number('firstStep'), view.number('target', 0)];
  const options = { lr: view.number('lr', 0), min: view.number('min', 0), max: isLater && max === 0 ? null : max, decay: view.number('emaDecay', 0.9) };
  const [start, final, horizon] = [view.number('targetStart', null), view.number('targetFinal', null), view.number('targetHorizon', 0)];
  const init = view.number('init', 0);
  let state = { tau: init, logTau: Math.log(init), mean: view.number('emaInit', null) };
  const states = [init];
  view.row('measured').forEach((measured, index) => {
    const step = firstStep + index;
    if (step > warmup) state = nextTau(state, measured, start === null || final === null ? target : targetAt(step, { start, final, horizon }), options);
    // The earlier release takes its first measurement even while it warms up.
    else if (!isLater) state = { ...state, mean: state.mean ?? measured };
    states.push(state.tau);
  });
  return { states, ema: state.mean };
}

export function targetSchedule(view: CaseView): Got {
  const peakStep = view.number('peakStep', null);
  const schedule = {
    start: view.number('start', 0),
    final: view.number('final', 0),
    horizon: view.number('horizon', 0),
    ...(peakStep !== null && { peak: { value: view.number('peak', 0), step: peakStep } }),
  };
  return { values: view.row('step').map((step) => targetAt(step, schedule)) };
}

export function metaController(view: CaseView): Got {
  const options = {
    lrTau: view.number('lrTau', 0),
    lrBeta: view.number('lrBeta', 0),
    tauMin: view.number('tauMin', 0),
    tauMax: view.number('tauMax', 0),
    betaGradClip: view.number('betaGradClip', 0),
  };
  let state = { tau: view.number('tau', 0), beta: view.number('beta', 0) };
  return { states: [state, ...view.table('gradients').map(([entropyGap, klGap]) => (state = nextMeta(state, entropyGap!, klGap!, options)))] };
}

export function alphaGate(view: CaseView): Got {
  const alpha = view.number('alpha', 0);
  const options = {
    threshold: view.number('threshold', 0.04),
    gain: view.number('gain', 1),
    raiseOnLow: view.flag('raiseOnLow'),
    lowerOnHigh: view.flag('lowerOnHigh'),
    disableOutside: view.flag('trustZone'),
    minMultiplier: view.number('minMultiplier', 0.5),
    maxMultiplier: view.number('maxMultiplier', 2),
  };
  const measured = view.inputs.raw('measured') as unknown[];
  return {
    states: measured.map((kl) => {
      const multiplier = alphaMultiplier(kl === null ? null : Number(kl), options);
      return { alpha: alpha * multiplier, multiplier };
    }),
  };
}
