/** The reference model that KL terms look at: the policy as it was at the start. */

import { z } from 'zod';
import { about } from '../field.ts';

export const refSchema = z
  .strictObject({
    measure_kl: z.boolean().default(false).meta(about('Log the KL to the reference even where no term of the loss needs it (one more forward pass).')),
  })
  .prefault({})
  .meta(about('The reference model.'));
