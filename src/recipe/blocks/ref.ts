/** The reference model that KL terms look at: the policy as it was at the start, unless it is refreshed. */

import { z } from 'zod';
import { about } from '../field.ts';

export const refSchema = z
  .strictObject({
    measure_kl: z.boolean().default(false).meta(about('Log the KL to the reference even where no term of the loss needs it (one more forward pass).')),
    sync_every: z.int().min(1).nullable().default(null).meta(about('Steps between refreshes of the reference; null = never.', 'steps')),
    mix: z.number().gt(0).max(1).default(1).meta(about('Share of the policy in the refreshed reference; 1 = a copy.')),
  })
  .prefault({})
  .meta(about('The reference model.'));
