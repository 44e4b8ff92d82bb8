/** MaxEnt in its three forms: targets, losses, metrics; and the entropy bonus on tokens beside them. */

import { entropyTerm } from '../../../src/algorithms/stages/entropy.ts';
import { klTerm } from '../../../src/algorithms/stages/kl.ts';
import { isNeutral, listwiseTarget, type ListwiseTargetOptions, softmax, weightEntropy } from '../../../src/algorithms/stages/listwise.ts';
import { listwiseColumns, type ListwiseRows, listwiseTerm, sequenceClipTerm } from '../../../src/algorithms/stages/listwise-term.ts';
import { clippedPolicyTerm, policyTerm, type SurrogateColumns } from '../../../src/algorithms/stages/surrogate.ts';
import type { Draft } from '../../../src/algorithms/draft.ts';
import type { RowSums } from '../../../src/algorithms/row-sums.ts';
import type { Device } from '../../../src/gpu/device.ts';
import { maskedSums, scaleRows, UNCLAMPED, wholeTable } from '../../../src/kernels/stages.ts';
import { sequenceKl } from '../../../src/kernels/stages-listwise.ts';
import { klEstimate } from '../../../src/kernels/stages-penalty.ts';
import { logProbSurrogate } from '../../../src/kernels/stages-weights.ts';
import type { CaseView } from './case.ts';
import { filled, miniBatchOf, runLoss } from './loss-case.ts';
import { alphaGate, betaController, metaController, seed, targetSchedule, tauController, xdr } from './maxent-rows.ts';
import { namedWeights } from './weights.ts';

type Got = Record<string, unknown>;

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);

function targetOptions(view: CaseView): ListwiseTargetOptions {
  return {
    tau: view.number('tau', 0),
    beta: view.number('beta', 0),
    qTemperature: view.number('qTemperature', 1),
    qEps: view.number('qEpsilon', 1e-6),
    denominator: view.text('denom', 'tau+beta') === 'tau' ? 'tau' : 'tau+beta',
  };
}

/** w ← w · n, normalised: what one release does where reference scores are sums. */
function reweighted(weights: readonly number[], counts: readonly number[]): number[] {
  const raw = weights.map((weight, i) => weight * Math.max(1, counts[i]!));
  const total = raw.reduce((sum, value) => sum + value, 0);
  return raw.map((value) => value / total);
}

export function maxentWeights(view: CaseView): Got {
  const { q, weights } = listwiseTarget(view.row('utility'), view.row('refScore'), targetOptions(view));
  const own = view.flag('tokenReweight') ? reweighted(weights, view.row('tokenCount')) : weights;
  return { q, weights: own, weightEntropy: weightEntropy(own) };
}

interface Targets {
  readonly q: number[];
  readonly weights: number[];
  /** The same, also in groups that are skipped. */
  readonly raw: number[];
  /** 1 where the row's group takes part. */
  readonly active: number[];
  readonly groups: number[];
  readonly size: number;
}

/** Sums, or means, of a log-prob table over each row; an empty row counts as one token of log-prob 0, as in the releases. */
function rowScores(view: CaseView, name: string, isMean: boolean): number[] {
  const [mask, table] = [view.table('mask'), view.table(name)];
  return mask.map(
    (row, b) =>
      row.reduce((sum, m, t) => (m === 0 ? sum : sum + table[b]![t]!), 0) /
      (isMean
        ? Math.max(
            1,
            row.reduce((sum, m) => sum + m, 0),
          )
        : 1),
  );
}

function targetsOf(view: CaseView, isPolicyMean: boolean): Targets {
  const [size, rewards, lengths] = [view.inputs.number('groupSize'), view.row('reward'), view.lengths];
  const reference = view.text('reference', 'ref');
  const isRefMean = view.flag('lengthNormalizeRef');
  const scores =
    reference === 'none' ? rewards.map(() => 0) : reference === 'old' ? rowScores(view, 'oldLogp', isPolicyMean) : rowScores(view, 'refLogp', isRefMean);
  const options = targetOptions(view);
  const [skips, reweights] = [view.flag('skipZeroVariance'), view.flag('tokenReweight')];
  const all: Targets = { q: [], weights: [], raw: [], active: [], groups: [], size };
  for (let start = 0; start < rewards.length; start += size) {
    const rows = Array.from({ length: size }, (_, i) => start + i);
    const { q, weights } = listwiseTarget(
      rows.map((row) => rewards[row]!),
      rows.map((row) => scores[row]!),
      options,
    );
    const isSkipped = skips && isNeutral(q);
    all.q.push(...q);
    const own = reweights
      ? reweighted(
          weights,
          rows.map((row) => lengths[row]!),
        )
      : weights;
    all.raw.push(...own);
    all.weights.push(...(isSkipped ? rows.map(() => 1 / size) : own));
    all.active.push(...rows.map(() => (isSkipped ? 0 : 1)));
    all.groups.push(...rows.map(() => start / size));
  }
  return all;
}

export async function maxentLoss(view: CaseView, device: Device): Promise<Got> {
  const form = view.text('form', 'listwise-ce');
  const isListwise = form === 'listwise-ce';
  const isMean = view.flag('lengthNormalizePolicy');
  const targets = targetsOf(view, isMean);
  const { weights, active, groups, size } = targets;
  const batch = miniBatchOf(view, device);
  const count = active.reduce((sum, one) => sum + one, 0) / size;
  const perToken = Float64Array.from(batch.lengths, (length) => 1 / Math.max(1, length));
  const rows: ListwiseRows = { groupIds: groups, targets: weights, lengths: batch.lengths, takesPart: active };
  const policy = Float64Array.from(active, (one, i) => (one === 0 || count === 0 ? 0 : (form === 'mle-mean' ? perToken[i]! : 1) / count));
  const clipRange = view.number('clipRange', null);
  const counted = batch.lengths.reduce((sum, length) => sum + Math.max(1, length), 0);
  const klPenalty = view.number('klPenalty', 0);
  const clip: ClipPlan = { range: clipRange, isMean, isListwise, isSource: view.text('clipSide', 'ppo') === 'source', isOn: view.flag('clipObjective') };
  const terms = {
    advantage: weights,
    low: filled(batch.B, 1 - (clipRange ?? 0)),
    high: filled(batch.B, 1 + (clipRange ?? 0)),
    ...listwiseColumns(rows),
    policy,
    perToken,
    scale: Float64Array.from(perToken, (share) => share / Math.max(1, count)),
    clipAdvantage: weights.map((weight, i) => (active[i] ? weight - 1 / size : 0)),
    klCoefficient: filled(batch.B, klPenalty / counted),
    klLength: batch.lengths,
  };
  let scoreColumn = 0;
  const result = await runLoss(batch, terms, (draft) => {
    scoreColumn = draft.columns;
    if (isListwise) listwiseTerm(draft, rows, isMean ? 'mean' : 'sum', count);
    else draft.addPolicyLoss(policyTerm(draft, logProbSurrogate, { clampLogRatio: UNCLAMPED, pull: 0 }).value);
    scaleRows(device, draft.byLogProb, draft.row('policy'));
    if (clip.isOn) addClip(draft, clip, terms);
    if (!isListwise) addSequenceKl(draft, klPenalty, counted);
    draft.measure((sums) => (isListwise ? slopesOfScores(sums, rows, scoreColumn, isMean, count) : {}));
  });
  const entropies = Array.from({ length: weights.length / size }, (_, g) => weightEntropy(weights.slice(g * size, (g + 1) * size)));
  const center = mean(weights);
  const { metrics } = result;
  return {
    loss: result.loss,
    slopeLogp: result.slopeLogp,
    q: targets.q,
    weights: targets.raw,
    slopeSequence: weights.map((_, i) => metrics[`sequence/${i}`]),
    metrics: {
      ...metrics,
      weight_entropy: mean(entropies),
      'maxent/listwise_neutral_group_frac': 1 - mean(active),
      'maxent/listwise_weight_std': Math.sqrt(mean(weights.map((weight) => (weight - center) ** 2))),
      kl: isListwise ? tokenKl(view) : metrics['sequence_kl'],
    },
  };
}

/** (p − target) / groups of each row. */
function slopesOfScores(sums: RowSums, rows: ListwiseRows, at: number, isMean: boolean, count: number): Record<string, number> {
  const groups = Array.from(rows.groupIds);
  const scores = groups.map((_, b) => sums.of(b, at) / (isMean ? Math.max(1, rows.lengths[b]!) : 1));
  const slopes = groups.map((group, b) => {
    const peers = groups.flatMap((other, i) => (other === group ? [i] : []));
    const p = softmax(peers.map((i) => scores[i]!));
    return rows.takesPart[b] === 0 ? 0 : (p[peers.indexOf(b)]! - rows.targets[b]!) / count;
  });
  return Object.fromEntries(slopes.map((slope, b) => [`sequence/${b}`, slope]));
}

interface ClipPlan {
  readonly range: number | null;
  readonly isMean: boolean;
  readonly isListwise: boolean;
  readonly isSource: boolean;
  readonly isOn: boolean;
}

/** The clipped sequence objective beside the main term; empty rows have ratio 1 and count with −A. */
function addClip(draft: Draft, plan: ClipPlan, terms: { readonly scale: Float64Array; readonly clipAdvantage: readonly number[] }): void {
  const columns = sequenceClipTerm(draft, {
    scores: plan.isMean && plan.isListwise ? 'mean' : 'sum',
    clamp: plan.isListwise ? 5 : 60,
    isSource: plan.isSource,
    weights: 'scale',
  });
  const lengths = draft.batch.lengths;
  const term = (sums: RowSums): number =>
    terms.clipAdvantage.reduce((sum, a, b) => sum + (lengths[b] === 0 ? -a * terms.scale[b]! : terms.scale[b]! * sums.of(b, columns.value)), 0);
  draft.addHostLoss(term);
  draft.measure((sums) => ({ ...clipShares(sums, columns), clip: term(sums), 'loss/clip': term(sums) }));
}

function clipShares(sums: RowSums, columns: SurrogateColumns): Record<string, number> {
  const B = sums.lengths.length;
  const share = (column: number): number => sums.rowMeans(column).reduce((sum, value) => sum + value, 0) / B;
  return { 'clip_ratio/low_mean': share(columns.low), 'clip_ratio/high_mean': share(columns.high) };
}

function addSequenceKl(draft: Draft, penalty: number, counted: number): void {
  const { batch } = draft;
  if (!batch.refLogProbs) return;
  const sums = draft.sums(2);
  maskedSums(draft.device, batch.responseMask, wholeTable(batch.policyLogProbs), wholeTable(batch.refLogProbs), sums);
  sequenceKl(draft.device, { responseMask: batch.responseMask, sums, rows: draft.row('klCoefficient'), byLogProb: draft.byLogProb }, 60);
  const kl = (read: RowSums): number =>
    Array.from(batch.lengths).reduce((sum, length, b) => {
      const x = Math.min(60, Math.max(-60, (read.of(b, sums.at + 1) - read.of(b, sums.at)) / Math.max(1, length)));
      return sum + (Math.max(1, length) * (Math.exp(x) - x - 1)) / counted;
    }, 0);
  draft.addHostLoss((read) => penalty * kl(read));
  draft.measure((read) => ({ sequence_kl: kl(read) }));
}

/** k3 against the reference in use, its log-ratio held in ± 5, over tokens. */
function tokenKl(view: CaseView): number | undefined {
  const reference = view.text('reference', 'ref');
  if (reference === 'none') return undefined;
  const [mask, logp, ref] = [view.table('mask').flat(), view.table('logp').flat(), view.table(reference === 'old' ? 'oldLogp' : 'refLogp').flat()];
  const options = { estimator: 'k3', clampLogRatio: 5, clampK3: 1e30, biasCorrection: false } as const;
  const tokens = mask.reduce((sum, m) => sum + m, 0);
  return mask.reduce((sum, m, at) => (m === 0 ? sum : sum + klEstimate(ref[at]! - logp[at]!, options).value), 0) / tokens;
}

/** Token-MaxEnt: the GRPO loss less α · (mean entropy) / ln V. */
export async function tokenMaxent(view: CaseView, device: Device): Promise<Got> {
  const agg = view.text('agg', 'trl.grpo');
  const batch = miniBatchOf(view, device);
  const weights = namedWeights(view, agg, { lengths: batch.lengths, T: view.T });
  const [alpha, beta, clampLogRatio] = [view.number('alpha', 0), view.number('beta', 0), view.number('clampLogRatio', 5)];
  const coefficient = alpha / Math.log(view.number('vocab', 1));
  const entropyWeights = namedWeights(view, agg === 'trl.bnpo' ? 'trl.bnpo' : 'trl.grpo', { lengths: batch.lengths, T: view.T });
  const rows = {
    advantage: batch.advantages,
    low: filled(batch.B, 1 - view.number('clipLow', 0.2)),
    high: filled(batch.B, 1 + view.number('clipHigh', 0.2)),
    policy: weights,
    kl: weights.map((weight) => beta * weight),
    entropy: entropyWeights.map((weight) => -coefficient * weight),
  };
  let at = 0;
  const result = await runLoss(batch, rows, (draft) => {
    const policy = clippedPolicyTerm(draft, { ratio: 'token', clampLogRatio, dual: null });
    scaleRows(device, draft.byLogProb, draft.row('policy'));
    draft.addPolicyLoss(policy.value);
    if (beta !== 0) klTerm(draft, weights, beta, { klEstimator: 'k3', klClamp: { logRatio: clampLogRatio, k3: null }, klBiasCorrection: false });
    at = draft.columns;
    entropyTerm(draft, entropyWeights, coefficient);
    draft.measure((sums) => {
      const entropy = sums.weighted(at, entropyWeights);
      return {
        'maxent/alpha': alpha,
        'maxent/policy_entropy_mean': entropy,
        'maxent/policy_entropy_mean_token': sums.tokenMean(at),
        'maxent/loss_entropy_bonus': -coefficient * entropy,
      };
    });
  });
  return { ...result };
}

export const maxentFamily = {
  maxent_weights: maxentWeights,
  maxent: maxentLoss,
  token_maxent: tokenMaxent,
  seed,
  xdr,
  beta_controller: betaController,
  tau_controller: tauController,
  target_schedule: targetSchedule,
  meta_controller: metaController,
  alpha_gate: alphaGate,
};
