/**
 * Reasoning with exploration: tokens at which the policy was undecided get a little more advantage.
 *
 *   A_t ← A + min(alpha · entropy_t, |A| / kappa)
 *
 * With kappa ≥ 1 no advantage changes its sign.
 *
 * @source Cheng et al. 2025, arXiv:2506.14758
 */

import { z } from 'zod';
import type { Method } from './method.ts';
import { shapeByEntropy } from './stages/entropy-shaping.ts';

export const entropyShapingBlock = z
  .strictObject({
    alpha: z.number().min(0).default(0.4).meta({ description: 'Advantage per nat of entropy.', unit: 'per nat' }),
    kappa: z.number().gt(0).default(2).meta({ description: 'The gain stays below |advantage| / kappa.' }),
  })
  .nullable()
  .default(null)
  .meta({ description: 'Raise the advantages of tokens at which the policy was undecided.' });

export function entropyShaping(options: { readonly alpha: number; readonly kappa: number }): Method {
  return {
    name: 'entropy_shaping',
    select(draft) {
      if (options.alpha > 0) shapeByEntropy(draft, draft.batch.entropies, options);
    },
  };
}
