/**
 * Off-policy sequence mask: completions that did badly and have drifted far from the policy that sampled them are left out.
 *
 *   left out: A < 0 and mean_t(rolloutLogProb − logProb) > threshold
 *
 * @source DeepSeek-AI 2025, DeepSeek-V3.2; TRL
 */

import { z } from 'zod';
import { DataError } from '../base/errors.ts';
import type { Method } from './method.ts';
import { withoutDriftedRows } from './stages/select.ts';

export const offPolicyMaskBlock = z
  .strictObject({ threshold: z.number().min(0).default(0.5).meta({ description: 'Mean drift beyond which a bad completion is left out.', unit: 'nats' }) })
  .nullable()
  .default(null)
  .meta({ description: 'Leave out bad completions that have drifted far from their sampler.' });

export function offPolicyMask({ threshold }: { readonly threshold: number }): Method {
  return {
    name: 'off_policy_mask',
    needs: { rolloutLogProbs: true },
    select(draft) {
      const { rolloutLogProbs } = draft.batch;
      if (!rolloutLogProbs) throw new DataError('off_policy_mask: expected the log-probs of the sampler, got none. The method needs `rolloutLogProbs`.');
      draft.weigh(withoutDriftedRows(draft, rolloutLogProbs, threshold));
    },
  };
}
