/**
 * Correction for a sampler that is not quite the policy the trainer recomputes: importance weights on the policy term.
 *
 *   w = e^x, x = oldLogProb − rolloutLogProb of the token, or summed over the row; with `policy: current`, x = logProb − rolloutLogProb
 *   truncate: w held in [min, max]        mask: w where it lies in [min, max], else 0        batch_normalize: w over its mean in the step
 *
 * Without an old policy (verl's bypass mode): `policy: current` with surrogate pg is its `reinforce`; its `ppo_clip` is old_log_probs: sampler with
 * no correction, since the ratio of the clip is then to the sampler itself.
 *
 * @source TIS: Yao et al. 2025; IcePop, MIS: Ling team 2025; modes as TRL names them, normalisation and bypass as in verl
 */

import { z } from 'zod';
import { DataError } from '../base/errors.ts';
import { UNBOUNDED } from '../kernels/stages.ts';
import type { Method } from './method.ts';
import { correctForSampler } from './stages/rollout-correction.ts';
import { meanWeight } from './stages/sampler-gap.ts';

const MODES = ['token_truncate', 'token_mask', 'sequence_truncate', 'sequence_mask'] as const;

export const rolloutCorrectionBlock = z
  .strictObject({
    mode: z.enum(MODES).default('token_truncate').meta({ description: 'Weight of the token or of the row; held in the bounds, or 0 outside them.' }),
    max: z.number().gt(0).nullable().default(2).meta({ description: 'Largest weight; null = none.' }),
    min: z.number().min(0).nullable().default(null).meta({ description: 'Smallest weight; null = none.' }),
    batch_normalize: z.boolean().default(false).meta({ description: 'Divide the weights by their mean over the step.' }),
    policy: z
      .enum(['old', 'current'])
      .default('old')
      .meta({ description: 'Whose log-probs are set against the sampler’s: the old policy’s, or the present one’s.' }),
  })
  .nullable()
  .default(null)
  .meta({ description: 'Weigh tokens by how much likelier the trainer finds them than the sampler did.' });

export interface RolloutCorrectionOptions {
  readonly mode: (typeof MODES)[number];
  readonly max: number | null;
  readonly min: number | null;
  readonly batchNormalize?: boolean;
  readonly policy?: 'old' | 'current';
}

export function rolloutCorrection({ mode, max, min, batchNormalize = false, policy = 'old' }: RolloutCorrectionOptions): Method {
  const options = {
    level: mode.startsWith('sequence') ? 'sequence' : 'token',
    outside: mode.endsWith('mask') ? 'zero' : 'clip',
    low: min ?? 0,
    high: max ?? UNBOUNDED,
    clampLogRatio: 20,
  } as const;
  return {
    name: 'rollout_correction',
    needs: { rolloutLogProbs: true, ...(batchNormalize && { tables: true }) },
    rows({ batch: { tables, rows }, terms, metrics }) {
      if (!batchNormalize) return;
      if (!tables?.rolloutLogProbs)
        throw new DataError('rollout_correction: expected the sampler’s log-probs of the rollout batch, got none. batch_normalize needs `tables`.');
      const { T, responseMask: mask, oldLogProbs: trainer, rolloutLogProbs: sampler } = tables;
      const mean = meanWeight({ rows, T, mask, trainer, sampler }, options);
      terms.set('rolloutScale', new Float64Array(rows).fill(mean > 0 ? 1 / mean : 1));
      metrics['rollout_corr/rollout_is_batch_norm_factor'] = mean;
    },
    columns({ terms }): Record<string, Float64Array> {
      const scale = terms.get('rolloutScale');
      return scale ? { rolloutScale: scale } : {};
    },
    select(draft) {
      const scale = draft.batch.terms.has('rolloutScale') ? draft.row('rolloutScale') : undefined;
      correctForSampler(draft, options, { isCurrent: policy === 'current', ...(scale && { scale }) });
    },
  };
}
