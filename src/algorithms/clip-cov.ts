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
import type { Method } from './method.ts';
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

export function clipCov({ share, low, high, minCount, logProb }: ClipCovOptions): Method {
  const budget = (tokens: number): number => Math.max(Math.floor(share * tokens), minCount);
  return {
    name: 'clip_cov',
    usesEveryGroup: true,
    columns: ({ B, tokenCount, rowIds }) => ({ clipCovCount: new Float64Array(B).fill(budget(tokenCount)), rowId: rowIds }),
    select(draft, random) {
      const { tokenCount, policyLogProbs, oldLogProbs } = draft.batch;
      if (budget(tokenCount) === 0) return;
      const covariance = covarianceTable(draft, logProb === 'old' ? oldLogProbs : policyLogProbs);
      const { candidates, sums } = unclippedBetween(draft, covariance, low, high, 20);
      draft.weigh(withoutRandomSubset(draft, candidates, 'clipCovCount', random));
      draft.measure((rows) => ({
        'select/candidate_share': rows.tokenMean(sums.at),
        'select/dropped_share': Math.min(budget(tokenCount), rows.total(sums.at)) / Math.max(1, tokenCount),
      }));
    },
  };
}
