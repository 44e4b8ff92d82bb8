/**
 * 80/20: learn from the tokens where the policy was most undecided, and leave the others as they are.
 *
 *   keep = entropy ≥ its (1 − share) quantile over the mini-batch        loss = mean over all tokens of 1[keep] · (the surrogate)
 *
 * KL stays on every token; an entropy bonus acts on the kept ones alone.
 *
 * @source Wang et al. 2025, "Beyond the 80/20 rule", arXiv:2506.01939, with TRL's denominators. Departures: the quantile is of the
 *   mini-batch, where TRL takes it in each micro-batch.
 */

import { z } from 'zod';
import type { Method } from './method.ts';
import { keepAboveQuantile, quantileCounts } from './stages/select.ts';

export const highEntropyBlock = z
  .strictObject({ share: z.number().min(0).max(1).default(0.2).meta({ description: 'Share of tokens to learn from.' }) })
  .nullable()
  .default(null)
  .meta({ description: 'Learn from the tokens of highest entropy only.' });

export function highEntropy({ share }: { readonly share: number }): Method {
  return {
    name: 'high_entropy',
    usesEveryGroup: true,
    columns: ({ lengths, tokenCount }) => ({ highEntropyCount: quantileCounts(1 - share, lengths, tokenCount, 'batch') }),
    select(draft) {
      if (share >= 1) return;
      const { keep, sums } = keepAboveQuantile(draft, { values: draft.batch.entropies, counts: 'highEntropyCount', scope: 'batch', name: 'high-entropy' });
      draft.weigh(keep);
      draft.bonusKeep = keep;
      draft.bonusCount = sums;
      draft.measure((rows) => ({ 'select/high_entropy_share': rows.tokenMean(sums.at) }));
    },
  };
}
