/** Surrogates of verl and EasyR1 on a case's tables. */

import type { Draft } from '../../../src/algorithms/draft.ts';
import { clippedPolicyTerm, policyTerm, type SurrogateColumns } from '../../../src/algorithms/stages/surrogate.ts';
import type { Device } from '../../../src/gpu/device.ts';
import { scaleRows, UNBOUNDED, UNCLAMPED } from '../../../src/kernels/stages.ts';
import { cappedWeightSurrogate, divergenceSurrogate, geometricSurrogate, logProbSurrogate, softGateSurrogate } from '../../../src/kernels/stages-weights.ts';
import type { CaseView } from './case.ts';
import { deviceTable, filled, type LossResult, miniBatchOf, runLoss } from './loss-case.ts';
import { caseWeights, namedWeights } from './weights.ts';

interface Plan {
  readonly low: number;
  readonly high: number | Float64Array;
  readonly weights: Float64Array;
  readonly term: (draft: Draft) => SurrogateColumns;
  /** Share of tokens the source calls clipped, where it is not those held at a bound. */
  readonly clipFraction?: 'extra' | 'none' | 'high';
  readonly lowerFraction?: 'low' | 'none';
}

async function run(view: CaseView, device: Device, plan: Plan): Promise<LossResult> {
  const batch = miniBatchOf(view, device);
  const rows = {
    advantage: batch.advantages,
    low: filled(batch.B, plan.low),
    high: typeof plan.high === 'number' ? filled(batch.B, plan.high) : plan.high,
    policy: plan.weights,
  };
  view.ignore('agg', 'lossType', 'clampLogRatio', 'clipLow', 'clipHigh', 'dualClip', 'tauPos', 'tauNeg');
  return runLoss(batch, rows, (draft) => {
    if (view.has('samplerWeights')) draft.samplerWeights = deviceTable(device, view.table('samplerWeights'));
    const columns = plan.term(draft);
    scaleRows(device, draft.byLogProb, draft.row('policy'));
    draft.addLoss({ column: columns.value, weights: plan.weights, coefficient: 1, isPolicy: true });
    draft.measure((sums) => {
      const held = sums.tokenMean(columns.low) + sums.tokenMean(columns.high);
      const clipped = { extra: sums.tokenMean(columns.extra), none: 0, high: sums.tokenMean(columns.high), held }[plan.clipFraction ?? 'held'];
      const lower = { low: sums.tokenMean(columns.low), none: 0, lower: sums.tokenMean(columns.lower) }[plan.lowerFraction ?? 'lower'];
      return {
        ...underSourceNames(clipped, lower, isVerl(view) ? -sums.tokenMean(columns.logRatio) : klOfOldToNew(view)),
        ...surprisalMetrics(view, plan.weights),
      };
    });
  });
}

export function underSourceNames(clipped: number, lower: number, kl: number): Record<string, number> {
  return {
    'actor/pg_clipfrac': clipped,
    pg_clipfrac: clipped,
    pg_clipfrac_higher: clipped,
    'actor/pg_clipfrac_lower': lower,
    pg_clipfrac_lower: lower,
    'actor/ppo_kl': kl,
    ppo_kl: kl,
  };
}

/** EasyR1's `entropy_loss`, the aggregated surprisal, and EntropyRL's `policy_entropy`. */
export function surprisalMetrics(view: CaseView, weights: ArrayLike<number>): Record<string, number> {
  const [mask, logp] = [view.table('mask'), view.table('logp')];
  let [surprisal, weighted, tokens] = [0, 0, 0];
  mask.forEach((row, b) =>
    row.forEach((m, t) => {
      if (m === 0) return;
      const l = logp[b]![t]!;
      surprisal -= weights[b]! * l;
      weighted -= l * Math.exp(l);
      tokens++;
    }),
  );
  return { entropy_loss: surprisal, policy_entropy: weighted / (tokens + 1e-8) };
}

/** Not verl: the others measure ⟨−Δ⟩ before the clamp. */
const isVerl = (view: CaseView): boolean => view.id.startsWith('verl');

export function klOfOldToNew(view: CaseView): number {
  const [mask, logp, old] = [view.table('mask').flat(), view.table('logp').flat(), view.table('oldLogp').flat()];
  const tokens = mask.reduce((sum, m) => sum + m, 0);
  return mask.reduce((sum, m, at) => (m === 0 ? sum : sum + old[at]! - logp[at]!), 0) / (tokens + 1e-8);
}

const isEasyR1 = (view: CaseView): boolean => view.text('agg', '').startsWith('easyr1.');

/** The log-ratio clamp of the source: verl's 20 unless the case says otherwise. */
function clampOf(view: CaseView, absent: number | null = 20): number | null {
  return view.number('clampLogRatio', absent);
}

const ppo = (view: CaseView, device: Device): Promise<LossResult> =>
  run(view, device, {
    low: 1 - view.number('clipLow', 0.2),
    high: 1 + view.number('clipHigh', 0.2),
    weights: caseWeights(view),
    term: (draft) => clippedPolicyTerm(draft, { ratio: 'token', clampLogRatio: clampOf(view), dual: view.number('dualClip', null) }),
  });

const gspo = (view: CaseView, device: Device): Promise<LossResult> =>
  run(view, device, {
    low: 1 - view.number('clipLow', 0.2),
    high: 1 + view.number('clipHigh', 0.2),
    weights: isEasyR1(view) ? caseWeights(view) : namedWeights(view, 'seq-mean-token-mean', { lengths: view.lengths, T: view.T }),
    term: (draft) => clippedPolicyTerm(draft, { ratio: 'sequence', clampLogRatio: null, dual: isEasyR1(view) ? view.number('dualClip', null) : null }),
  });

const gmpo = (view: CaseView, device: Device): Promise<LossResult> =>
  run(view, device, {
    low: -view.number('clipLow', 0.4),
    high: view.number('clipHigh', 0.4),
    weights: Float64Array.from(view.lengths, (length) => (length === 0 ? 0 : 1 / (view.B * length))),
    term: (draft) => policyTerm(draft, geometricSurrogate, { clampLogRatio: UNCLAMPED }),
    clipFraction: 'high',
    lowerFraction: 'low',
  });

const cispo = (view: CaseView, device: Device): Promise<LossResult> =>
  run(view, device, {
    low: 1 - view.number('clipLow', 0.2),
    high: 1 + view.number('clipHigh', 0.2),
    weights: caseWeights(view),
    term: (draft) => policyTerm(draft, cappedWeightSurrogate, { clampLogRatio: clampOf(view) ?? UNCLAMPED }),
    clipFraction: 'extra',
  });

const sapo = (view: CaseView, device: Device): Promise<LossResult> =>
  run(view, device, {
    low: 0,
    high: UNBOUNDED,
    weights: isEasyR1(view) ? caseWeights(view) : namedWeights(view, 'seq-mean-token-mean', { lengths: view.lengths, T: view.T }),
    term: (draft) =>
      policyTerm(draft, softGateSurrogate, {
        clampLogRatio: clampOf(view) ?? UNCLAMPED,
        tauPositive: view.number('tauPos', 1),
        tauNegative: view.number('tauNeg', 1.05),
      }),
    clipFraction: 'none',
    lowerFraction: 'none',
  });

const pulled =
  (pull: (view: CaseView) => number) =>
  (view: CaseView, device: Device): Promise<LossResult> =>
    run(view, device, {
      low: 0,
      high: UNBOUNDED,
      weights: caseWeights(view),
      term: (draft) => policyTerm(draft, logProbSurrogate, { clampLogRatio: UNCLAMPED, pull: pull(view) }),
    });

const dppo =
  (binaryKl: number) =>
  (view: CaseView, device: Device): Promise<LossResult> =>
    run(view, device, {
      low: view.number('clipLow', 0.2),
      high: view.number('clipHigh', 0.2),
      weights: caseWeights(view),
      term: (draft) => policyTerm(draft, divergenceSurrogate, { clampLogRatio: 20, binaryKl, cap: view.number('dualClip', 20) }),
    });

export const surrogates = {
  ppo,
  gspo,
  gmpo,
  cispo,
  sapo,
  reinforce: pulled(() => 0),
  dro: pulled((view) => view.number('beta', 0)),
  'dppo-tv': dppo(0),
  'dppo-kl': dppo(1),
};
