/** The policy term: what the ratio of new to old policy, times the advantage, is made into. */

import type { Tensor } from '../../gpu/tensor.ts';
import { multiplyTables, UNBOUNDED, UNCLAMPED } from '../../kernels/stages.ts';
import { clippedSurrogate, sequenceSurrogate } from '../../kernels/stages-clip.ts';
import { logProbSurrogate } from '../../kernels/stages-weights.ts';
import { surrogate, SURROGATE_SUMS, type SurrogateKernel } from '../../kernels/stages-surrogate.ts';
import type { Draft } from '../draft.ts';
import type { AlgorithmOptions } from '../options.ts';
import type { RowSums } from '../row-sums.ts';

type Column = (typeof SURROGATE_SUMS)[number];
/** Where a surrogate left its sums. */
export type SurrogateColumns = Readonly<Record<Column, number>>;

/** The policy term of the base: PPO's clip, the plain ratio (its bounds are endless), or the log-prob alone. */
export function surrogateTerm(
  draft: Draft,
  { surrogate: form, ratio, clampLogRatio, clipDual, clipDelta }: Pick<AlgorithmOptions, 'surrogate' | 'ratio' | 'clampLogRatio' | 'clipDual' | 'clipDelta'>,
): SurrogateColumns {
  if (form === 'pg') return policyTerm(draft, logProbSurrogate, { clampLogRatio: UNCLAMPED, pull: 0 });
  return clippedPolicyTerm(draft, { ratio, clampLogRatio, dual: form === 'plain' ? null : clipDual, delta: clipDelta });
}

/**
 * PPO's clipped objective, token by token or on the ratio of whole completions.
 *
 *   L = max(−A·min(r, delta), −A·clip(r, low, high));  where A < 0: min(L, −A·dual)
 *
 * `delta` null: the ratio itself is not held (on whole completions it never is). `clampLogRatio` null: the log-ratio is not held. `dual` null: no bound for negative advantages.
 *
 * @source Schulman et al. 2017, arXiv:1707.06347; dual clip: Ye et al. 2019, arXiv:1912.09729; delta: INTELLECT-2 2025, arXiv:2505.07291; sequence: Zheng et al. 2025, arXiv:2507.18071
 */
export function clippedPolicyTerm(
  draft: Draft,
  options: { readonly ratio: 'token' | 'sequence'; readonly clampLogRatio: number | null; readonly dual: number | null; readonly delta?: number | null },
): SurrogateColumns {
  const dual = options.dual ?? UNBOUNDED;
  if (options.ratio === 'sequence')
    return policyTerm(draft, sequenceSurrogate, { clampLogRatio: UNCLAMPED, floor: -UNCLAMPED, cap: 10, dual, total: 0, lesser: 0 });
  return policyTerm(draft, clippedSurrogate, { clampLogRatio: options.clampLogRatio ?? UNCLAMPED, dual, delta: options.delta ?? UNBOUNDED });
}

/** Runs one surrogate over the mini-batch, with the draft's bounds and token weights, and reports what it clipped. */
export function policyTerm<O>(draft: Draft, kernel: SurrogateKernel<O>, options: O & { readonly clampLogRatio: number }): SurrogateColumns {
  const columns = runSurrogate(draft, kernel, options, draft.byLogProb);
  // What reads weights as part of a row's ratio is given the sampler's alone: a selection stops tokens and is no ratio.
  if (kernel.readsWeights && draft.weights) multiplyTables(draft.device, draft.weights, draft.byLogProb);
  draft.measure((rows) => clipMetrics(rows, columns, draft.batch.tokenCount));
  return columns;
}

/** Runs one surrogate and leaves its slopes in the table given. */
export function runSurrogate<O>(
  draft: Draft,
  kernel: SurrogateKernel<O>,
  options: O & { readonly clampLogRatio: number },
  byLogProb: Tensor,
  advantages = draft.advantages,
): SurrogateColumns {
  const { batch } = draft;
  const sums = draft.sums(SURROGATE_SUMS.length);
  surrogate(
    draft.device,
    kernel,
    {
      responseMask: batch.responseMask,
      policyLogProbs: batch.policyLogProbs,
      oldLogProbs: batch.oldLogProbs,
      advantages,
      bounds: draft.bounds,
      weights: kernel.readsWeights ? draft.samplerWeights : draft.allWeights(),
      byLogProb,
      sums,
    },
    options,
  );
  const columns = Object.fromEntries(SURROGATE_SUMS.map((name, index) => [name, sums.at + index])) as Record<Column, number>;
  return columns;
}

/** Shares are of all tokens of the mini-batch: those of groups that are left out have no advantage, and nothing of them is clipped. */
function clipMetrics(rows: RowSums, columns: SurrogateColumns, tokenCount: number): Record<string, number> {
  const low = rows.rowMeans(columns.low);
  const high = rows.rowMeans(columns.high);
  const shareOf = (column: number): number => rows.total(column) / Math.max(1, tokenCount);
  return {
    ppo_kl: 0 - rows.tokenMean(columns.logRatio),
    ppo_kl_abs: rows.tokenMean(columns.absLogRatio),
    'clip_ratio/region_mean': shareOf(columns.low) + shareOf(columns.high),
    'clip_ratio/low_mean': shareOf(columns.low),
    'clip_ratio/low_min': low.reduce((least, share) => Math.min(least, share), low.length > 0 ? 1 : 0),
    'clip_ratio/high_mean': shareOf(columns.high),
    'clip_ratio/high_max': high.reduce((most, share) => Math.max(most, share), 0),
    pg_clipfrac_lower: shareOf(columns.lower),
  };
}
