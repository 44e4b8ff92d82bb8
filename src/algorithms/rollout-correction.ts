/**
 * Correction for a sampler that is not quite the policy the trainer recomputes: importance weights on the policy term.
 *
 *   w = e^x, x = oldLogProb − rolloutLogProb of the token, or summed over the row
 *   truncate: w held in [min, max]        mask: w where it lies in [min, max], else 0
 *
 * @source TIS: Yao et al. 2025; IcePop: Ling team 2025; modes as TRL names them
 */

import { z } from 'zod';
import { UNBOUNDED } from '../kernels/stages.ts';
import type { Method } from './method.ts';
import { correctForSampler } from './stages/rollout-correction.ts';

const MODES = ['token_truncate', 'token_mask', 'sequence_truncate', 'sequence_mask'] as const;

export const rolloutCorrectionBlock = z
  .strictObject({
    mode: z.enum(MODES).default('token_truncate').meta({ description: 'Weight of the token or of the row; held in the bounds, or 0 outside them.' }),
    max: z.number().gt(0).nullable().default(2).meta({ description: 'Largest weight; null = none.' }),
    min: z.number().min(0).nullable().default(null).meta({ description: 'Smallest weight; null = none.' }),
  })
  .nullable()
  .default(null)
  .meta({ description: 'Weigh tokens by how much likelier the trainer finds them than the sampler did.' });

export interface RolloutCorrectionOptions {
  readonly mode: (typeof MODES)[number];
  readonly max: number | null;
  readonly min: number | null;
}

export function rolloutCorrection({ mode, max, min }: RolloutCorrectionOptions): Method {
  return {
    name: 'rollout_correction',
    needs: { rolloutLogProbs: true },
    select: (draft) =>
      correctForSampler(draft, {
        level: mode.startsWith('sequence') ? 'sequence' : 'token',
        outside: mode.endsWith('mask') ? 'zero' : 'clip',
        low: min ?? 0,
        high: max ?? UNBOUNDED,
        clampLogRatio: 20,
      }),
  };
}
