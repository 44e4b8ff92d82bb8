/**
 * 80/20: learn from the tokens where the policy was most undecided, and leave the others as they are.
 *
 *   keep = entropy ≥ its (1 − share) quantile over the mini-batch        loss = mean over all tokens of 1[keep] · (the surrogate)
 *
 * KL stays on every token; an entropy bonus acts on the kept ones alone. `denominator: kept` takes the ⌊share · tokens⌋ tokens of highest entropy and
 * divides by their number, which is 1 / share times the step.
 *
 * @source Wang et al. 2025, "Beyond the 80/20 rule", arXiv:2506.01939, with TRL's denominators. Departures: the quantile is of the
 *   mini-batch, where TRL takes it in each micro-batch. `kept` is as in CarlanLark/Lp-Reg-dev and Linn3a/siren.
 */

import { z } from 'zod';
import type { Method } from './method.ts';
import type { Tensor } from '../gpu/tensor.ts';
import { maskedSums, scaleRows, type SumColumns, wholeTable } from '../kernels/stages.ts';
import type { Draft } from './draft.ts';
import { keepAboveQuantile, largestOf, quantileCounts } from './stages/select.ts';

export const highEntropyBlock = z
  .strictObject({
    share: z.number().min(0).max(1).default(0.2).meta({ description: 'Share of tokens to learn from.' }),
    denominator: z.enum(['all', 'kept']).default('all').meta({ description: 'Whether the mean of the policy term is over all tokens or over those.' }),
  })
  .nullable()
  .default(null)
  .meta({ description: 'Learn from the tokens of highest entropy only.' });

export interface HighEntropyOptions {
  readonly share: number;
  readonly denominator?: 'all' | 'kept';
}

export function highEntropy({ share, denominator = 'all' }: HighEntropyOptions): Method {
  const isOverKept = denominator === 'kept';
  return {
    name: 'high_entropy',
    usesEveryGroup: true,
    columns: ({ B, lengths, tokenCount }) => {
      if (!isOverKept) return { highEntropyCount: quantileCounts(1 - share, lengths, tokenCount, 'batch') };
      const count = Math.floor(share * tokenCount);
      return { highEntropyCount: new Float64Array(B).fill(count), highEntropyWeight: new Float64Array(B).fill(count === 0 ? 0 : tokenCount / count) };
    },
    select(draft) {
      if (share >= 1) return;
      const { keep, sums } = isOverKept ? keepCounted(draft) : keepAbove(draft);
      if (isOverKept) {
        const weights = draft.table('high-entropy-weights');
        draft.device.copy(keep, weights);
        scaleRows(draft.device, weights, draft.row('highEntropyWeight'));
        draft.weigh(weights);
      } else draft.weigh(keep);
      draft.bonusKeep = keep;
      draft.bonusCount = sums;
      draft.measure((rows) => ({ 'select/high_entropy_share': rows.tokenMean(sums.at) }));
    },
  };
}

interface Kept {
  readonly keep: Tensor;
  readonly sums: SumColumns;
}

function keepAbove(draft: Draft): Kept {
  return keepAboveQuantile(draft, { values: draft.batch.entropies, counts: 'highEntropyCount', scope: 'batch', name: 'high-entropy' });
}

function keepCounted(draft: Draft): Kept {
  const keep = draft.table('keep-high-entropy');
  draft.device.copy(largestOf(draft, draft.batch.entropies, 'highEntropyCount'), keep);
  const sums = draft.sums(2);
  maskedSums(draft.device, draft.batch.responseMask, wholeTable(keep), wholeTable(keep), sums);
  return { keep, sums };
}
