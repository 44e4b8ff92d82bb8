/**
 * Rejection of completions whose sampler was too far from the policy the trainer recomputes: they leave the loss altogether.
 *
 *   x = oldLogProb − rolloutLogProb;  k1 = −x,  k2 = x² / 2,  k3 = e^x − 1 − x;  summed, averaged or maximal over the row
 *   rejected: k2, k3 above `max`; k1 outside [ln min, ln max], min = 1 / max where it is null
 *
 * @source verl, rollout_correction (rollout_rs). Departures: whole rows only; single tokens are left out by rollout_correction's masks.
 */

import { z } from 'zod';
import { DataError } from '../base/errors.ts';
import type { Method } from './method.ts';
import { rejectByGap } from './stages/sampler-gap.ts';

const STATISTICS = ['seq_sum_k1', 'seq_sum_k2', 'seq_sum_k3', 'seq_mean_k1', 'seq_mean_k2', 'seq_mean_k3', 'seq_max_k2', 'seq_max_k3'] as const;

export const rolloutRejectionBlock = z
  .strictObject({
    statistic: z.enum(STATISTICS).default('seq_mean_k3').meta({ description: 'What is measured of a row.' }),
    max: z.number().gt(0).default(0.01).meta({ description: 'Largest value that passes; of the ratio for k1.' }),
    min: z.number().gt(0).nullable().default(null).meta({ description: 'Smallest ratio that passes (k1); null = 1 / max.' }),
  })
  .nullable()
  .default(null)
  .meta({ description: 'Leave completions out whose sampler was too far from the trainer’s policy.' });

export interface RolloutRejectionOptions {
  readonly statistic: (typeof STATISTICS)[number];
  readonly max: number;
  readonly min: number | null;
}

export function rolloutRejection({ statistic, max, min }: RolloutRejectionOptions): Method {
  return {
    name: 'rollout_rejection',
    needs: { tables: true, rolloutLogProbs: true },
    rows({ batch, inLoss, metrics }) {
      const { tables, rows } = batch;
      if (!tables?.rolloutLogProbs)
        throw new DataError('rollout_rejection: expected the sampler’s log-probs of the rollout batch, got none. The method needs `tables`.');
      const { T, responseMask: mask, oldLogProbs: trainer, rolloutLogProbs: sampler } = tables;
      const { keep, metrics: measured } = rejectByGap({ rows, T, mask, trainer, sampler }, [{ statistic, threshold: min === null ? max : [min, max] }]);
      for (let i = 0; i < rows; i++) {
        const tokens = Array.from({ length: T }, (_, t) => i * T + t).filter((at) => mask[at] !== 0);
        if (tokens.some((at) => keep[at] === 0)) inLoss[i] = 0;
      }
      metrics['rollout_rs_seq_masked_fraction'] = measured['rollout_rs_seq_masked_fraction'] ?? 0;
      metrics['rollout_rs_masked_fraction'] = measured['rollout_rs_masked_fraction'] ?? 0;
    },
  };
}
