/**
 * Clip-Cov: leave a few high-covariance tokens out of the update, so that entropy does not collapse.
 *
 *   c    = (logProb − mean logProb) · (A − mean A)
 *   drop = k random tokens with low < c < high that the ratio clip has not stopped already,  k = max(⌊share · tokens⌋, minCount)
 *   loss = mean over tokens of  1[not dropped] · (the surrogate)
 *
 * Under policy gradient the change of entropy is about −(step size) · cov(log-prob, advantage), and a few tokens carry most of it.
 * Dropped tokens still count in the mean.
 *
 * @source Cui et al. 2025, arXiv:2505.22617; PRIME-RL/Entropy-Mechanism-of-RL, compute_policy_loss_clip_cov. Departures: selects over
 *   the mini-batch where the release selects within each micro-batch; the draw comes from (seed, step, update, row, token).
 */

import { z } from 'zod';
import type { Random } from '../base/random.ts';
import type { Tensor } from '../gpu/tensor.ts';
import { addScaledRows, maskedSums, wholeTable } from '../kernels/stages.ts';
import type { Draft } from './draft.ts';
import type { Method } from './method.ts';
import { microColumns, overMicroBatches } from './stages/micro-batches.ts';
import { covarianceTable, unclippedBetween, withoutRandomSubset } from './stages/select.ts';

export const clipCovBlock = z
  .strictObject({
    share: z.number().min(0).max(1).default(2e-4).meta({ description: 'Share of tokens to leave out.' }),
    low: z.number().default(1).meta({ description: 'Covariance above which a token may be left out.' }),
    high: z.number().default(5).meta({ description: 'Covariance above which it may not: outliers stay.' }),
    min_count: z.number().int().min(0).default(1).meta({ description: 'Leave out at least this many.', unit: 'tokens' }),
    log_prob: z.enum(['current', 'old']).default('current').meta({ description: 'Policy whose log-probs the covariance is of.' }),
  })
  .nullable()
  .default(null)
  .meta({ description: 'Leave a few tokens of high covariance between log-prob and advantage out of the update.' });

export interface ClipCovOptions {
  readonly share: number;
  readonly low: number;
  readonly high: number;
  readonly minCount: number;
  readonly logProb: 'current' | 'old';
}

/** `isMicro`: as released, within each micro-batch. */
export function clipCov({ share, low, high, minCount, logProb }: ClipCovOptions, { isMicro = false }: { readonly isMicro?: boolean } = {}): Method {
  const budget = (tokens: number): number => Math.max(Math.floor(share * tokens), minCount);
  const bounds = { low, high, clampLogRatio: 20 };
  return {
    name: 'clip_cov',
    usesEveryGroup: true,
    ...(isMicro && { needs: { microRows: true } }),
    columns: (batch) => ({
      clipCovCount: new Float64Array(batch.B).fill(budget(batch.tokenCount)),
      rowId: batch.rowIds,
      ...(isMicro && microColumns(batch, budget)),
    }),
    select(draft, random) {
      const { tokenCount, policyLogProbs, oldLogProbs } = draft.batch;
      const logProbs = logProb === 'old' ? oldLogProbs : policyLogProbs;
      if (isMicro) return dropInMicroBatches(draft, logProbs, bounds, random);
      if (budget(tokenCount) === 0) return;
      const { candidates, sums } = unclippedBetween(draft, covarianceTable(draft, logProbs), bounds);
      draft.weigh(withoutRandomSubset(draft, candidates, 'clipCovCount', random));
      draft.measure((rows) => ({
        'select/candidate_share': rows.tokenMean(sums.at),
        'select/dropped_share': Math.min(budget(tokenCount), rows.total(sums.at)) / Math.max(1, tokenCount),
      }));
    },
  };
}

function dropInMicroBatches(draft: Draft, logProbs: Tensor, bounds: Parameters<typeof unclippedBetween>[2], random: Random): void {
  const { responseMask, tokenCount } = draft.batch;
  const [means, counts, shares] = [draft.sums(2), draft.sums(1), draft.sums(2)];
  const could = draft.table('candidates-of-all');
  draft.device.clear(could);
  const kept = overMicroBatches(draft, 'kept-of-all', (block) => {
    const covariance = covarianceTable(draft, logProbs, { ...block, sums: means });
    const { candidates } = unclippedBetween(draft, covariance, bounds, { responseMask: block.responseMask, sums: counts });
    addScaledRows(draft.device, candidates, could, draft.row(block.rows));
    return withoutRandomSubset(draft, candidates, block.count, random);
  });
  maskedSums(draft.device, responseMask, wholeTable(could), wholeTable(kept), shares);
  draft.weigh(kept);
  draft.measure((rows) => ({
    'select/candidate_share': rows.tokenMean(shares.at),
    'select/dropped_share': tokenCount === 0 ? 0 : 1 - rows.total(shares.at + 1) / tokenCount,
  }));
}
