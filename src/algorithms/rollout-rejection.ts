/**
 * Rejection of what the sampler drew too far from the policy the trainer recomputes: tokens, or whole completions, leave the loss and its
 * denominator.
 *
 *   x = oldLogProb − rolloutLogProb;  k1 = −x,  k2 = x² / 2,  k3 = e^x − 1 − x;  of the token, or summed, averaged or maximal over the row
 *   rejected: k2, k3 above `max`; k1 outside [ln min, ln max], min = 1 / max where it is null
 *
 * A completion is judged as a whole by the statistics that begin with seq; token_k1 … token_k3 judge each token by itself. What stays has to
 * pass every test.
 *
 * @source verl, rollout_correction (rollout_rs)
 */

import { z } from 'zod';
import { DataError } from '../base/errors.ts';
import type { Method } from './method.ts';
import { type Rejection, rejectByGap } from './stages/sampler-gap.ts';

const STATISTICS = [
  ...(['token_k1', 'token_k2', 'token_k3'] as const),
  ...(['seq_sum_k1', 'seq_sum_k2', 'seq_sum_k3'] as const),
  ...(['seq_mean_k1', 'seq_mean_k2', 'seq_mean_k3'] as const),
  ...(['seq_max_k2', 'seq_max_k3'] as const),
] as const;

const test = {
  statistic: z.enum(STATISTICS).default('seq_mean_k3').meta({ description: 'What is measured, of a token or of a row.' }),
  max: z.number().gt(0).default(0.01).meta({ description: 'Largest value that passes; of the ratio for k1.' }),
  min: z.number().gt(0).nullable().default(null).meta({ description: 'Smallest ratio that passes (k1); null = 1 / max.' }),
};

export const rolloutRejectionBlock = z
  .strictObject({ ...test, also: z.array(z.strictObject(test)).default([]).meta({ description: 'Further tests, each with a statistic, a max and a min.' }) })
  .nullable()
  .default(null)
  .meta({ description: 'Leave out tokens or completions whose sampler was too far from the trainer’s policy.' });

export interface RejectionTest {
  readonly statistic: (typeof STATISTICS)[number];
  readonly max: number;
  readonly min: number | null;
}

export interface RolloutRejectionOptions extends RejectionTest {
  readonly also?: readonly RejectionTest[];
}

export function rolloutRejection({ also = [], ...first }: RolloutRejectionOptions): Method {
  const tests = [first, ...also].map(({ statistic, max, min }): Rejection => ({ statistic, threshold: min === null ? max : [min, max] }));
  return {
    name: 'rollout_rejection',
    needs: { tables: true, rolloutLogProbs: true },
    rows({ batch, inLoss, leaveOut, metrics }) {
      const { tables, rows } = batch;
      if (!tables?.rolloutLogProbs)
        throw new DataError('rollout_rejection: expected the sampler’s log-probs of the rollout batch, got none. The method needs `tables`.');
      const { T, responseMask: mask, oldLogProbs: trainer, rolloutLogProbs: sampler } = tables;
      const { keep, metrics: measured } = rejectByGap({ rows, T, mask, trainer, sampler }, tests);
      for (let i = 0; i < rows; i++) if (!keep.subarray(i * T, (i + 1) * T).includes(1)) inLoss[i] = 0;
      if (tests.some(({ statistic }) => statistic.startsWith('token'))) leaveOut(keep);
      metrics['rollout_rs_seq_masked_fraction'] = measured['rollout_rs_seq_masked_fraction'] ?? 0;
      metrics['rollout_rs_masked_fraction'] = measured['rollout_rs_masked_fraction'] ?? 0;
    },
  };
}
