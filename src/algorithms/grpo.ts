/**
 * GRPO: sample a group of completions for each prompt, and make likelier what did better than its group.
 *
 *   A_i  = (R_i − mean of the group) / (deviation of the group + eps)
 *   r    = exp(logProb − oldLogProb)
 *   loss = mean over tokens of  max(−A·r, −A·clip(r, 1 − clipLow, 1 + clipHigh))
 *          + klCoef · KL(policy ‖ reference)  −  entropyCoef · entropy
 *
 * This file is also the order of the pipeline: what a variant adds is hooked in as methods, and stands where its paper puts it.
 *
 * @source Shao et al. 2024, arXiv:2402.03300. Departures: mean over the tokens of the mini-batch (verl's default), no KL by default,
 *   and the dual clip of verl for negative advantages.
 */

import type { Random } from '../base/random.ts';
import { scaleRows, UNBOUNDED } from '../kernels/stages.ts';
import { type Advantages, type Algorithm, type MiniBatch, type Needs, NO_NEEDS, type RolloutBatch, type Update } from './algorithm.ts';
import { describeAdvantages } from './describe-advantages.ts';
import { Draft, type RowTerms } from './draft.ts';
import { comparesWholeBatch, estimateAdvantages, TOKEN_ADVANTAGES } from './estimators.ts';
import type { AdvantageDraft, Method } from './method.ts';
import type { AlgorithmOptions } from './options.ts';
import { aggregationWeights } from './stages/aggregate.ts';
import { microWeights } from './stages/micro-batches.ts';
import { entropyTerm } from './stages/entropy.ts';
import { klOfRows, klTerm } from './stages/kl.ts';
import { surrogateTerm } from './stages/surrogate.ts';
import { Workspace } from './workspace.ts';

export function grpo(options: AlgorithmOptions, methods: readonly Method[] = []): Algorithm {
  const needs = needsOf(options, methods);
  let lastEntropy: number | null = null;
  const workspaces = new Map<MiniBatch['device'], Workspace>();
  return {
    name: options.name,
    needs,
    usesReference: needs.reference,
    advantages: (batch) => advantagesOf(batch, options, methods),
    update(batch, random) {
      let workspace = workspaces.get(batch.device);
      if (!workspace) workspaces.set(batch.device, (workspace = new Workspace(batch.device)));
      return updateOf(batch, random, workspace, options, methods);
    },
    endStep(metrics) {
      const entropy = metrics['entropy'] ?? null;
      const change = entropy !== null && lastEntropy !== null ? { 'entropy_change/realised': entropy - lastEntropy } : {};
      lastEntropy = entropy;
      return Object.assign(change, ...methods.map((method) => method.endStep?.(metrics) ?? {}));
    },
    ...(methods.some((method) => method.editSetpoint) && {
      editSetpoint: (edits) => methods.forEach((method) => method.editSetpoint?.(edits)),
    }),
    state: () => ({
      ...(lastEntropy !== null && { base: { entropy: lastEntropy } }),
      ...Object.fromEntries(methods.flatMap((method) => (method.state ? [[method.name, method.state()]] : []))),
    }),
    restore(state) {
      lastEntropy = state['base']?.['entropy'] ?? null;
      for (const method of methods) if (state[method.name]) method.restore?.(state[method.name]!);
    },
  };
}

/** What the rewards of a step say: stages 3 to 6. */
function advantagesOf(batch: RolloutBatch, options: AlgorithmOptions, methods: readonly Method[]): Advantages {
  // The reward, less what a method or a KL charge takes from it.
  const rewards = Float64Array.from(batch.rewards);
  const inLoss = Uint8Array.from(batch.truncated, (cut) => (options.maskTruncated && cut ? 0 : 1));
  let tokensInLoss: Uint8Array | undefined;
  const leaveOut = (keep: Uint8Array): void => {
    tokensInLoss = tokensInLoss ? tokensInLoss.map((one, at) => one & keep[at]!) : keep;
  };
  const greedy = batch.greedyRewards && { greedyRewards: Float64Array.from(batch.greedyRewards) };
  const before: AdvantageDraft = { batch, rewards, ...greedy, values: new Float64Array(batch.rows), terms: new Map(), inLoss, leaveOut, metrics: {} };
  for (const method of methods) method.reward?.(before);
  if (options.klInReward && batch.tables) {
    const coefficient = klCoefOf(options, methods);
    const charges = klOfRows(batch.tables, batch.rows, options);
    charges.forEach((charge, i) => (rewards[i]! -= coefficient * charge));
    const tokens = batch.lengths.reduce((sum, length) => sum + length, 0);
    Object.assign(before.metrics, { kl: charges.reduce((sum, charge) => sum + charge, 0) / Math.max(1, tokens), kl_coef: coefficient });
  }

  // Each row against its group.
  const { values, tokens } = estimateAdvantages({ ...batch, ...greedy }, rewards, options);
  const estimated = Float64Array.from(values);

  // What methods make of it, and what they want to know about rows later.
  const draft = { ...before, values };
  for (const method of methods) method.advantage?.(draft);
  for (const method of methods) method.rows?.(draft);

  const width = tokens ? tokens.length / batch.rows : 0;
  if (tokens) scaleTokens(tokens, estimated, values, width);

  // Groups of equal rewards have no slope of their own, but other terms may move them.
  const hasOtherTerms =
    (klCoefOf(options, methods) !== 0 && !options.klInReward) || options.entropyCoef !== 0 || methods.some((method) => method.usesEveryGroup);
  const usesAll = hasOtherTerms || comparesWholeBatch(options.advantage) || options.compat.agg.scope === 'micro';
  const isMoved = (row: number): boolean => values[row] !== 0 || (tokens?.subarray(row * width, (row + 1) * width).some((value) => value !== 0) ?? false);
  return {
    values,
    ...(tokens && { tokens }),
    terms: draft.terms,
    inLoss,
    ...(tokensInLoss && { tokensInLoss }),
    informative: Uint8Array.from(batch.groups, ({ rows }) => (usesAll || rows.some(isMoved) ? 1 : 0)),
    metrics: { ...draft.metrics, ...describeAdvantages(batch, rewards, values) },
  };
}

/** Methods weigh rows; where tokens have advantages of their own, theirs move by the same factor. */
function scaleTokens(tokens: Float64Array, before: Float64Array, after: Float64Array, T: number): void {
  before.forEach((value, i) => {
    if (value === 0 || value === after[i]) return;
    for (let at = i * T; at < (i + 1) * T; at++) tokens[at]! *= after[i]! / value;
  });
}

function klCoefOf(options: AlgorithmOptions, methods: readonly Method[]): number {
  return firstOf(methods, (method) => method.klCoef?.()) ?? options.klCoef;
}

/** How every token should move: stages 7 to 11. */
function updateOf(batch: MiniBatch, random: Random, workspace: Workspace, options: AlgorithmOptions, methods: readonly Method[]): Update {
  const klCoef = options.klInReward ? 0 : klCoefOf(options, methods);
  const bonus = firstOf(methods, (method) => method.entropyCoef?.()) ?? options.entropyCoef;
  const entropyCoef = options.compat.entropyBonus.sign === 'source' ? 0 - bonus : bonus;
  const mean = rowMeans(batch, options);
  const byRow = batch.terms.get('rowWeight');
  const klMean = byRow && options.rowWeightScope === 'all' ? mean.map((weight, i) => weight * byRow[i]!) : mean;
  const rows = { ...rowTerms(batch, options, { mean, klMean, klCoef, entropyCoef }), ...columnsOf(methods, batch) };
  const draft = new Draft(batch, workspace, rows);

  // The policy term: advantage times ratio, kept within bounds, on the tokens that methods select.
  for (const method of methods) method.select?.(draft, random.fork(method.name));
  const own = methods.find((method) => method.policyTerm);
  if (own) own.policyTerm!(draft);
  else draft.addPolicyLoss(surrogateTerm(draft, options).value);
  for (const method of methods) method.penalize?.(draft);

  // From tokens to their mean; then the terms that do not depend on the advantage.
  scaleRows(draft.device, draft.byLogProb, draft.row('policy'));
  if (klCoef !== 0) klTerm(draft, klMean, klCoef, options);
  entropyTerm(draft, mean, entropyCoef);
  const held = methods.find((method) => method.entropyTerm);
  held?.entropyTerm!(draft);
  return draft.finish(entropyCoef !== 0 || held !== undefined);
}

function rowTerms(
  batch: MiniBatch,
  options: AlgorithmOptions,
  { mean, klMean, klCoef, entropyCoef }: { readonly mean: Float64Array; readonly klMean: Float64Array; readonly klCoef: number; readonly entropyCoef: number },
): RowTerms {
  const rowWeights = batch.terms.get('rowWeight');
  const clipHigh = batch.terms.get('clipHigh');
  const [low, high] = options.surrogate === 'plain' ? [-UNBOUNDED, UNBOUNDED] : [1 - options.clipLow, 1 + options.clipHigh];
  return {
    advantage: batch.advantages,
    low: new Float64Array(batch.B).fill(low),
    high: clipHigh ? clipHigh.map((bound) => 1 + bound) : new Float64Array(batch.B).fill(high),
    policy: rowWeights ? mean.map((weight, i) => weight * rowWeights[i]!) : mean,
    kl: klMean.map((weight) => klCoef * weight),
    entropy: mean.map((weight) => 0 - entropyCoef * weight),
  };
}

function rowMeans(batch: MiniBatch, { lossAgg, lossScaleFactor, compat }: AlgorithmOptions): Float64Array {
  const length = lossScaleFactor ?? batch.maxTokens;
  const weightsOf = (counts: Pick<MiniBatch, 'lengths' | 'tokenCount' | 'rowCount'>): Float64Array => {
    // As verl had it before 2026, rows were summed, not averaged.
    if (lossAgg === 'seq-mean-token-sum-norm' && compat.agg.drNorm === '2025') {
      return aggregationWeights('token-sum', { ...counts, lossScaleFactor: length }).map((weight) => weight / length);
    }
    return aggregationWeights(lossAgg, { ...counts, lossScaleFactor: length });
  };
  return compat.agg.scope === 'micro' ? microWeights(batch, weightsOf) : weightsOf(batch);
}

function columnsOf(methods: readonly Method[], batch: MiniBatch): Record<string, ArrayLike<number>> {
  return Object.assign({}, ...methods.map((method) => method.columns?.(batch) ?? {}));
}

function needsOf(options: AlgorithmOptions, methods: readonly Method[]): Needs {
  const isOptimal = options.advantage === 'optimal_token_baseline';
  const needs: Record<string, Needs[keyof Needs]> = {
    ...NO_NEEDS,
    reference: options.klCoef !== 0,
    tables: options.klInReward || isOptimal,
    moments: isOptimal,
    tokenAdvantages: TOKEN_ADVANTAGES.has(options.advantage),
    microRows: options.compat.agg.scope === 'micro',
    greedyRewards: options.advantage === 'remax',
  };
  for (const method of methods) {
    for (const [name, need] of Object.entries(method.needs ?? {})) if (need) needs[name] = need;
  }
  return { ...NO_NEEDS, ...needs };
}

function firstOf<T>(methods: readonly Method[], ask: (method: Method) => T | undefined): T | undefined {
  for (const method of methods) {
    const answer = ask(method);
    if (answer !== undefined) return answer;
  }
  return undefined;
}
