/** Policy terms over whole completions of a group: the softmax brought to its target, and a clipped sequence ratio beside it. */

import { log } from '../../base/exponential.ts';
import { addScaledRows, maskedSums, UNBOUNDED, UNCLAMPED, wholeTable } from '../../kernels/stages.ts';
import { sequenceSurrogate } from '../../kernels/stages-clip.ts';
import { listwiseSlopes } from '../../kernels/stages-listwise.ts';
import type { Draft } from '../draft.ts';
import type { RowSums } from '../row-sums.ts';
import { softmax } from './listwise.ts';
import { runSurrogate, type SurrogateColumns } from './surrogate.ts';

export interface ListwiseRows {
  readonly groupIds: ArrayLike<number>;
  /** The target of each row; sums to 1 over its group. */
  readonly targets: ArrayLike<number>;
  readonly lengths: ArrayLike<number>;
  /** 0 = the row is no candidate, or its group is left out. */
  readonly takesPart: ArrayLike<number>;
}

/** The row terms that the listwise stage reads, side by side in this order. */
export function listwiseColumns({ groupIds, targets, lengths, takesPart }: ListwiseRows): Record<string, ArrayLike<number>> {
  return { listwiseGroup: groupIds, listwiseTarget: targets, listwiseLength: lengths, listwiseTakesPart: takesPart };
}

/**
 * loss = mean over the groups of −Σ_i target_i · ln p_i, p the softmax of the completions' log-probs (or their means) over the group. Writes
 * `byLogProb`; the row term `policy` is 1 / groups.
 */
export function listwiseTerm(draft: Draft, rows: ListwiseRows, scores: 'sum' | 'mean', groups: number): void {
  const { responseMask, policyLogProbs } = draft.batch;
  const sums = draft.sums(2);
  const logProbs = wholeTable(policyLogProbs);
  maskedSums(draft.device, responseMask, logProbs, logProbs, sums);
  listwiseSlopes(draft.device, { responseMask, sums, rows: draft.row('listwiseGroup'), byLogProb: draft.byLogProb }, scores);
  draft.addHostLoss((read) => listwiseLoss(rows, read, sums.at, scores) / Math.max(1, groups), true);
}

/** Σ over groups of −Σ_i target_i · ln p_i. */
function listwiseLoss({ groupIds, targets, lengths, takesPart }: ListwiseRows, sums: RowSums, at: number, scores: 'sum' | 'mean'): number {
  const all = Array.from(groupIds, (_, b) => b).filter((b) => takesPart[b] !== 0);
  let loss = 0;
  for (const group of new Set(all.map((b) => groupIds[b]!))) {
    const own = all.filter((b) => groupIds[b] === group);
    const p = softmax(own.map((b) => sums.of(b, at) / (scores === 'mean' ? Math.max(1, lengths[b]!) : 1)));
    loss -= own.reduce((sum, b, i) => sum + targets[b]! * log(p[i]!), 0);
  }
  return loss;
}

export interface SequenceClipOptions {
  /** r = exp of the completions' log-ratio, or of its mean over tokens. */
  readonly scores: 'sum' | 'mean';
  /** The log-ratio is held in ± this. */
  readonly clamp: number;
  /** Takes the lesser branch where the advantage is negative, as one release has it. */
  readonly isSource?: boolean;
  /** The row term that the slopes are added with. */
  readonly weights: string;
}

/**
 * Adds −Σ_i min(r A, clip(r) A) over the rows to the policy term, one value per row. A is the row term `clipAdvantage`; bounds
 * are the draft's; the row term named by `weights` holds 1 / tokens of the row, times what the term is to weigh.
 */
export function sequenceClipTerm(draft: Draft, { scores, clamp, isSource = false, weights }: SequenceClipOptions): SurrogateColumns {
  const slopes = draft.table('sequence-clip');
  const options = { clampLogRatio: UNCLAMPED, floor: -clamp, cap: clamp, dual: UNBOUNDED, total: scores === 'sum' ? 1 : 0, lesser: isSource ? 1 : 0 };
  const columns = runSurrogate(draft, sequenceSurrogate, options, slopes, draft.row('clipAdvantage'));
  addScaledRows(draft.device, slopes, draft.byLogProb, draft.row(weights));
  return columns;
}
