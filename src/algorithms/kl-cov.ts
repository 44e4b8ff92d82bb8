/**
 * KL-Cov: pull the tokens of largest covariance back to the old policy, so that entropy does not collapse.
 *
 *   c    = (logProb − mean logProb) · (A − mean A)
 *   pull = the k tokens of largest c,  k = max(⌊share · tokens⌋, minCount)
 *   loss = mean over tokens of  −A·r + coef · 1[pulled] · |logProb − oldLogProb|
 *
 * No ratio is clipped. While the policy has not moved since it sampled, |logProb − oldLogProb| is 0 and so is the pull: it needs two
 * or more updates per rollout.
 *
 * @source Cui et al. 2025, arXiv:2505.22617; PRIME-RL/Entropy-Mechanism-of-RL, compute_policy_loss_kl_cov. Departures: selects over the
 *   mini-batch where the release selects within each micro-batch. The paper has KL(old ‖ policy) in place of |Δ|.
 */

import { z } from 'zod';
import type { Method } from './method.ts';
import { microColumns, overMicroBatches } from './stages/micro-batches.ts';
import { pullPenalty } from './stages/pull.ts';
import { covarianceTable, largestOf } from './stages/select.ts';

export const klCovBlock = z
  .strictObject({
    share: z.number().min(0).max(1).default(2e-4).meta({ description: 'Share of tokens to pull back.' }),
    coef: z.number().min(0).default(1).meta({ description: 'Weight of the pull.', unit: 'per nat' }),
    min_count: z.number().int().min(0).default(1).meta({ description: 'Pull at least this many.', unit: 'tokens' }),
    log_prob: z.enum(['current', 'old']).default('current').meta({ description: 'Policy whose log-probs the covariance is of.' }),
  })
  .nullable()
  .default(null)
  .meta({ description: 'Pull the tokens of largest covariance between log-prob and advantage back to the old policy.' });

export interface KlCovOptions {
  readonly share: number;
  readonly coef: number;
  readonly minCount: number;
  readonly logProb: 'current' | 'old';
}

export interface KlCovPlan {
  /** The weight of the pull where a controller moves it. */
  readonly pull?: () => number | undefined;
  /** As released, within each micro-batch. */
  readonly isMicro?: boolean;
}

export function klCov({ share, coef: fixed, minCount, logProb }: KlCovOptions, { pull, isMicro = false }: KlCovPlan = {}): Method {
  const budget = (tokens: number): number => Math.max(Math.floor(share * tokens), minCount);
  return {
    name: 'kl_cov',
    usesEveryGroup: true,
    ...(isMicro && { needs: { microRows: true } }),
    columns: (batch) => ({ klCovCount: new Float64Array(batch.B).fill(budget(batch.tokenCount)), ...(isMicro && microColumns(batch, budget)) }),
    penalize(draft) {
      const { tokenCount, policyLogProbs, oldLogProbs } = draft.batch;
      const coef = pull?.() ?? fixed;
      const logProbs = logProb === 'old' ? oldLogProbs : policyLogProbs;
      if (coef === 0 || (budget(tokenCount) === 0 && !isMicro)) return;
      if (!isMicro) {
        pullPenalty(draft, largestOf(draft, covarianceTable(draft, logProbs), 'klCovCount'), coef);
        return;
      }
      const sums = draft.sums(2);
      const chosen = overMicroBatches(draft, 'chosen-of-all', (block) =>
        largestOf(draft, covarianceTable(draft, logProbs, { ...block, sums }), block.count, block.responseMask),
      );
      pullPenalty(draft, chosen, coef);
    },
  };
}
