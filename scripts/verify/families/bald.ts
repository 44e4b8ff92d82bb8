/** BALD from given distributions, its two uses, and the loss with a detached ratio. */

import { type BaldOptions, exploreScale, paddedDisagreement, rowDisagreement } from '../../../src/algorithms/bald.ts';
import { groupAdvantages } from '../../../src/algorithms/stages/advantage.ts';
import { klTerm } from '../../../src/algorithms/stages/kl.ts';
import { policyTerm } from '../../../src/algorithms/stages/surrogate.ts';
import type { Device } from '../../../src/gpu/device.ts';
import { scaleRows, UNBOUNDED, UNCLAMPED } from '../../../src/kernels/stages.ts';
import { clippedSurrogate } from '../../../src/kernels/stages-clip.ts';
import type { CaseView } from './case.ts';
import { filled, miniBatchOf, runLoss } from './loss-case.ts';
import { namedWeights } from './weights.ts';

type Distribution = readonly number[];

/** [M][B][T + 1][V] */
function probabilities(view: CaseView): readonly (readonly (readonly Distribution[])[])[] {
  return view.inputs.raw('probs') as unknown as readonly (readonly (readonly Distribution[])[])[];
}

function entropyOf(p: Distribution, logEps: number): number {
  return 0 - p.reduce((sum, value) => sum + value * Math.log(value + logEps), 0);
}

/** What the passes say of one position: the entropy of their mean distribution, and the mean of their entropies. */
function uncertainty(passes: readonly Distribution[], logEps: number): { readonly ofMean: number; readonly meanOf: number } {
  const mean = passes[0]!.map((_, v) => passes.reduce((sum, pass) => sum + pass[v]!, 0) / passes.length);
  return { ofMean: entropyOf(mean, logEps), meanOf: passes.reduce((sum, pass) => sum + entropyOf(pass, logEps), 0) / passes.length };
}

function groupsOfSize(count: number, size: number) {
  return Array.from({ length: count / size }, (_, g) => ({ prompt: g, rows: Array.from({ length: size }, (_, i) => g * size + i) }));
}

/** BALD of the rows under the mask, in response coordinates. */
function fixedBald(view: CaseView, positions: BaldOptions['positions'], logEps: number): { readonly bald: Float64Array; readonly tokenBald: number[][] } {
  const [probs, mask] = [probabilities(view), view.table('mask')];
  const said = mask.map((row, b) =>
    row.map((_, t) =>
      uncertainty(
        probs.map((pass) => pass[b]![t]!),
        logEps,
      ),
    ),
  );
  const flat = said.flat();
  const tables = {
    T: mask[0]!.length,
    responseMask: mask.flat(),
    oldLogProbs: [],
    oldEntropies: [],
    entropyOfMean: flat.map(({ ofMean }) => ofMean),
    meanOfEntropies: flat.map(({ meanOf }) => meanOf),
  };
  return {
    bald: rowDisagreement(tables, mask.length, positions),
    tokenBald: mask.map((row, b) => row.map((m, t) => (m === 0 ? 0 : said[b]![t]!.ofMean - said[b]![t]!.meanOf))),
  };
}

/** As released: no mask, and each token's distribution is the one after it; columns 1 … T of the passes. */
function sourceColumns(view: CaseView): { readonly columns: (b: number) => number[]; readonly B: number } {
  const probs = probabilities(view);
  const T = probs[0]![0]!.length - 1;
  const count = { all: T, eos: 1, n_token: view.number('n', 1) }[view.text('mode', 'all')] ?? T;
  return { columns: () => Array.from({ length: count }, (_, i) => T - count + 1 + i), B: probs[0]!.length };
}

function bald(view: CaseView): object {
  const logEps = view.number('logEps', 1e-10);
  if (view.text('positions', 'fixed') === 'fixed') {
    view.ignore('n');
    return fixedBald(view, view.text('mode', 'per_token') === 'per_token' ? 'per_token' : 'end_of_sequence', logEps);
  }
  const { columns, B } = sourceColumns(view);
  const probs = probabilities(view);
  if (view.text('mode', 'all') !== 'n_token') {
    const width = probs[0]![0]!.length;
    const said = Array.from({ length: B * width }, (_, at) =>
      uncertainty(
        probs.map((pass) => pass[Math.floor(at / width)]![at % width]!),
        logEps,
      ),
    );
    const padded = { width, entropies: [], entropyOfMean: said.map(({ ofMean }) => ofMean), meanOfEntropies: said.map(({ meanOf }) => meanOf) };
    return { bald: paddedDisagreement(padded, B, view.text('mode', 'all') === 'all' ? 'per_token' : 'end_of_sequence') };
  }
  return {
    bald: Array.from({ length: B }, (_, b) => {
      const said = columns(b).map((t) =>
        uncertainty(
          probs.map((pass) => pass[b]![t]!),
          logEps,
        ),
      );
      return said.reduce((sum, { ofMean, meanOf }) => sum + ofMean - meanOf, 0) / said.length;
    }),
  };
}

function aleatoric(view: CaseView): object {
  view.ignore('positions');
  const logEps = view.number('logEps', 1e-10);
  const { columns, B } = sourceColumns(view);
  const [pass] = probabilities(view);
  return { aleatoric: Array.from({ length: B }, (_, b) => columns(b).reduce((sum, t) => sum + entropyOf(pass![b]![t]!, logEps), 0) / columns(b).length) };
}

function additive(view: CaseView): object {
  view.ignore('form', 'positions', 'mode');
  const { bald: bonus } = fixedBald(view, 'per_token', 1e-10);
  const reward = view.row('reward').map((value, i) => value + view.number('lambda', 0) * bonus[i]!);
  const groups = groupsOfSize(reward.length, view.inputs.number('groupSize'));
  return { reward, advantages: groupAdvantages(reward, groups, { center: 'mean', scale: 'group', eps: view.number('eps', 1e-4), singleton: 'zero' }) };
}

function multiplicative(view: CaseView): object {
  view.ignore('eps');
  const epistemic = view.has('bald') ? view.row('bald') : Array.from(fixedBald(view, 'per_token', 1e-10).bald);
  const groups = groupsOfSize(epistemic.length, view.inputs.number('groupSize'));
  const form = view.text('form', 'mult') === 'mult' ? 'mult' : 'mult-quality';
  const rewards = view.has('reward') ? view.row('reward') : epistemic.map(() => 0);
  return { bald: epistemic, ...exploreScale(epistemic, rewards, groups, { form, exploreCoef: view.number('b', 0.5), cap: view.number('cap', 3) }) };
}

/** r ≡ 1 with a live gradient: the policy is its own old policy. */
async function detachedRatio(view: CaseView, device: Device): Promise<object> {
  view.ignore('ratio', 'kl', 'clampLogRatio', 'rows');
  const rows = view.row('rows');
  const own = miniBatchOf(view, device, rows);
  const batch = { ...own, oldLogProbs: own.policyLogProbs };
  const weights = namedWeights(view, view.text('agg', 'trl.grpo'), { lengths: batch.lengths, T: view.T });
  const beta = view.number('beta', 0);
  const terms = {
    advantage: batch.advantages,
    low: filled(batch.B, -UNBOUNDED),
    high: filled(batch.B, UNBOUNDED),
    policy: weights,
    kl: weights.map((weight) => beta * weight),
  };
  let rowKl: number[] = [];
  const result = await runLoss(batch, terms, (draft) => {
    const policy = policyTerm(draft, clippedSurrogate, { clampLogRatio: UNCLAMPED, dual: UNBOUNDED, delta: UNBOUNDED });
    scaleRows(device, draft.byLogProb, draft.row('policy'));
    draft.addPolicyLoss(policy.value);
    const at = draft.columns;
    klTerm(draft, weights, beta, { klEstimator: 'k3', klClamp: { logRatio: null, k3: null }, klBiasCorrection: false });
    draft.measure((sums) => {
      rowKl = sums.rowMeans(at);
      return {};
    });
  });
  const slopes = Array.from({ length: view.B }, (_, row) => (rows.includes(row) ? result.slopeLogp[rows.indexOf(row)]! : new Array<number>(view.T).fill(0)));
  return { loss: result.loss, slopeLogp: slopes, metrics: { kl: rowKl.reduce((sum, kl) => sum + kl, 0) / rowKl.length } };
}

export const baldFamily = {
  inputs: (view: CaseView): object => ({ ok: view.has('probs') ? 1 : 0 }),
  bald,
  aleatoric,
  bald_additive: additive,
  bald_multiplicative: multiplicative,
  detached_ratio: detachedRatio,
};
