/** KL estimators in the loss and in the reward, and the controller of their coefficient. */

import { nextKlCoefficient } from '../../../src/algorithms/stages/kl-control.ts';
import { klOfRows, klTerm } from '../../../src/algorithms/stages/kl.ts';
import type { Device } from '../../../src/gpu/device.ts';
import { klEstimate, type KlEstimator, type KlOptions } from '../../../src/kernels/stages-penalty.ts';
import { UNBOUNDED, UNCLAMPED } from '../../../src/kernels/stages.ts';
import type { CaseView } from './case.ts';
import { filled, miniBatchOf, runLoss } from './loss-case.ts';
import { caseWeights } from './weights.ts';

const NAMES: Readonly<Record<string, KlEstimator>> = {
  kl: 'k1',
  mse: 'k2',
  low_var_kl: 'k3',
  k1: 'k1',
  abs: 'abs',
  k2: 'k2',
  k3: 'k3',
  'k1+': 'k1+',
  'abs+': 'abs+',
  'k3+': 'k3+',
};

function optionsOf(view: CaseView) {
  return {
    klEstimator: NAMES[view.text('estimator', 'k3')]!,
    klClamp: { logRatio: view.number('clampLogRatio', null), k3: view.number('clampK3', null) },
    klBiasCorrection: view.flag('biasCorrection'),
  };
}

async function kl(view: CaseView, device: Device): Promise<Record<string, unknown>> {
  const options = optionsOf(view);
  view.ignore('beta', 'note');
  if (view.expectsError) return plusForm(options);
  const weights = caseWeights(view);
  const batch = miniBatchOf(view, device);
  const zeros = filled(batch.B, 0);
  const result = await runLoss(batch, { advantage: zeros, low: zeros, high: zeros, kl: weights }, (draft) => klTerm(draft, weights, 1, options));
  return { ...result, perToken: perToken(view, 'logp', options) };
}

/** Releases that raised on a name with `+`: here it has the value of the plain name. */
function plusForm(options: ReturnType<typeof optionsOf>): Record<string, unknown> {
  const plain = { ...options, klEstimator: 'k3' } as const;
  const [got, expected] = [options, plain].map((form) => klEstimate(0.5, kernelOptions(form)).value);
  return { error: { fixed: got, expected } };
}

function kernelOptions({ klEstimator, klClamp }: ReturnType<typeof optionsOf>): KlOptions {
  return { estimator: klEstimator, clampLogRatio: klClamp.logRatio ?? UNCLAMPED, clampK3: klClamp.k3 ?? UNBOUNDED, biasCorrection: false };
}

function perToken(view: CaseView, policy: 'logp' | 'oldLogp', options: ReturnType<typeof optionsOf>): number[][] {
  const [mask, logp, ref] = [view.table('mask'), view.table(policy), view.table('refLogp')];
  return mask.map((row, b) => row.map((m, t) => (m === 0 ? 0 : klEstimate(ref[b]![t]! - logp[b]![t]!, kernelOptions(options)).value)));
}

function klInReward(view: CaseView): Record<string, unknown> {
  const options = { ...optionsOf(view), klClamp: { logRatio: 20, k3: 10 } };
  const beta = view.number('beta', 0);
  const [mask, old, ref, lengths] = [view.table('mask'), view.table('oldLogp'), view.table('refLogp'), view.lengths];
  const tables = { T: view.T, responseMask: mask.flat(), oldLogProbs: old.flat(), oldEntropies: [], refLogProbs: ref.flat() };
  const charges = klOfRows(tables, view.B, options);
  const mean = charges.reduce((sum, charge, i) => sum + charge / (lengths[i]! + 1e-8), 0) / view.B;
  const [tokens, rewards] = [perToken(view, 'oldLogp', options), view.row('reward')];
  const tokenRewards = mask.map((row, b) => row.map((m, t) => (m === 0 ? 0 : (t === row.lastIndexOf(1) ? rewards[b]! : 0) - beta * tokens[b]![t]!)));
  return {
    tokenRewards,
    nextCoef: nextKlCoefficient(beta, mean, view.B, { target: view.number('target', 0.1), horizon: view.number('horizon', 10_000), clip: 0.2 }),
    metrics: { 'actor/reward_kl_penalty': mean, 'actor/reward_kl_penalty_coeff': beta },
  };
}

function klController(view: CaseView): Record<string, unknown> {
  const options = { target: view.number('target', 0.1), horizon: view.number('horizon', 10_000), clip: view.number('clip', 0.2) };
  const rows = view.inputs.number('steps');
  let coefficient = view.number('init', 1e-3);
  const states = [coefficient];
  view.row('measured').forEach((measured) => {
    states.push((coefficient = nextKlCoefficient(coefficient, measured, rows, options)));
  });
  return { states };
}

export const klFamily = { kl, kl_in_reward: klInReward, kl_controller: klController };
