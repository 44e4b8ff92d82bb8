/** Which tokens take part in the policy term: exactly k of them, a random k, or those beyond a quantile. */

import type { Random } from '../../base/random.ts';
import type { Tensor } from '../../gpu/tensor.ts';
import { maskedSums, type SumColumns, wholeTable } from '../../kernels/stages.ts';
import { clipCovCandidates, covarianceOf } from '../../kernels/stages-covariance.ts';
import { keepBeyond, offPolicyRows, randomKeys, selectExtreme } from '../../kernels/stages-select.ts';
import type { Draft } from '../draft.ts';

/** Over which tokens means are taken, and two columns to keep them in. */
export interface CovarianceScope {
  readonly responseMask: Tensor;
  readonly tokenCount: number;
  readonly sums?: SumColumns;
}

/**
 * How each token's log-prob and advantage lie together about their means over the mini-batch.
 *
 *   covariance = (A − mean A) · (logProb − mean logProb)
 *
 * @source Cui et al. 2025, arXiv:2505.22617
 */
export function covarianceTable(
  draft: Draft,
  logProbs: Tensor = draft.batch.policyLogProbs,
  { responseMask, tokenCount, sums = draft.sums(2) }: CovarianceScope = draft.batch,
): Tensor {
  const { device, advantages } = draft;
  const covariance = draft.table('covariance');
  maskedSums(device, responseMask, wholeTable(logProbs), advantages, sums);
  covarianceOf(device, { responseMask, logProbs, advantages, sums, covariance }, tokenCount);
  return covariance;
}

/** Tokens of covariance strictly between the bounds that the ratio clip has not stopped; and the column that counts them. */
export function unclippedBetween(
  draft: Draft,
  covariance: Tensor,
  { low, high, clampLogRatio }: { readonly low: number; readonly high: number; readonly clampLogRatio: number },
  { responseMask, sums = draft.sums(1) }: { readonly responseMask: Tensor; readonly sums?: SumColumns } = draft.batch,
): { readonly candidates: Tensor; readonly sums: SumColumns } {
  const { policyLogProbs, oldLogProbs } = draft.batch;
  const candidates = draft.table('candidates');
  clipCovCandidates(
    draft.device,
    { responseMask, policyLogProbs, oldLogProbs, advantages: draft.advantages, bounds: draft.bounds, covariance, candidates, sums },
    { lowCovariance: low, highCovariance: high, clampLogRatio },
  );
  return { candidates, sums };
}

/** A table of 0 at `count` (a row term, the same in every row) of the candidates chosen at random, and 1 elsewhere. Draws are named by row id and place. */
export function withoutRandomSubset(draft: Draft, candidates: Tensor, count: string, random: Random): Tensor {
  const keys = draft.table('random-keys');
  const kept = draft.table('kept');
  randomKeys(draft.device, draft.row('rowId'), keys, random);
  selectExtreme(draft.device, {
    ...wholeBatch(draft),
    values: keys,
    eligible: candidates,
    counts: draft.row(count),
    order: 'smallest',
    chosen: kept,
    inverted: true,
  });
  return kept;
}

/** A table of 1 at the `count` (a row term, the same in every row) tokens of largest value, 0 elsewhere. */
export function largestOf(draft: Draft, values: Tensor, count: string, eligible: Tensor = draft.batch.responseMask): Tensor {
  const chosen = draft.table('chosen');
  selectExtreme(draft.device, { ...wholeBatch(draft), values, eligible, counts: draft.row(count), order: 'largest', chosen });
  return chosen;
}

function wholeBatch(draft: Draft) {
  const { B, T } = draft.batch;
  return { segments: [1, B * T] as const, limits: draft.tensor('limits', 'f32', [1]) };
}

/** Over which tokens a quantile is taken. */
export type QuantileScope = 'batch' | 'row';

/**
 * The rank, counted from 1 up, whose value decides whether a token lies at or above the quantile at position q · (n − 1)
 * between sorted values: interpolation never has to be computed to know on which side a token is.
 */
export function quantileCounts(quantile: number, lengths: ArrayLike<number>, tokenCount: number, scope: QuantileScope, strict = false): Float64Array {
  const round = strict ? Math.floor : Math.ceil;
  // 1 − 0.7 is a rounding more than 0.3: what is that near to a rank is that rank.
  const rankOf = (place: number): number => (Math.abs(place - Math.round(place)) <= 1e-12 * Math.max(1, place) ? Math.round(place) : round(place));
  const countOf = (n: number): number => (n === 0 ? 0 : 1 + rankOf(quantile * (n - 1)));
  return Float64Array.from(lengths, (length) => countOf(scope === 'row' ? length : tokenCount));
}

export interface QuantileKeep {
  readonly values: Tensor;
  /** The row term with `quantileCounts`. */
  readonly counts: string;
  readonly scope: QuantileScope;
  /** Keeps values above the quantile only, not those at it. */
  readonly strict?: boolean;
  /** Names the table, so that two selections can stand side by side. */
  readonly name?: string;
}

/** A table of 1 at tokens whose value reaches the quantile; and the column that counts them. */
export function keepAboveQuantile(
  draft: Draft,
  { values, counts, scope, strict = false, name = 'high' }: QuantileKeep,
): { readonly keep: Tensor; readonly limits: Tensor; readonly sums: SumColumns } {
  const { B, T, responseMask } = draft.batch;
  const segments = scope === 'row' ? ([B, T] as const) : ([1, B * T] as const);
  const limits = draft.tensor(`limits-${name}`, 'f32', [segments[0]]);
  const keep = draft.table(`keep-${name}`);
  const sums = draft.sums(1);
  selectExtreme(draft.device, { segments, values, eligible: responseMask, counts: draft.row(counts), order: 'smallest', chosen: keep, limits });
  keepBeyond(draft.device, { responseMask, values, limits, strict, keep, sums });
  return { keep, limits, sums };
}

/**
 * A table of 0 in rows that did badly and have drifted from their sampler by more than the threshold, 1 elsewhere.
 *
 *   left out: A < 0 and mean_t(samplerLogProb − logProb) > threshold
 *
 * @source DeepSeek-AI 2025, DeepSeek-V3.2
 */
export function withoutDriftedRows(draft: Draft, samplerLogProbs: Tensor, threshold: number): Tensor {
  const { responseMask, policyLogProbs, tokenCount, lengths } = draft.batch;
  const keep = draft.table('near-sampler');
  const sums = draft.sums(1);
  // A row is judged by what it earned, also where tokens have advantages of their own.
  offPolicyRows(draft.device, { responseMask, policyLogProbs, rolloutLogProbs: samplerLogProbs, advantages: draft.row('advantage'), threshold, keep, sums });
  // Rows that are not here have no advantage, so none of them is left out.
  const here = lengths.reduce((sum, length) => sum + length, 0);
  draft.measure((rows) => ({ 'select/off_policy_share': (here - rows.total(sums.at)) / Math.max(1, tokenCount) }));
  return keep;
}
