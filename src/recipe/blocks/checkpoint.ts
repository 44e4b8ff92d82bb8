/** What is kept to go on from. */

import { z } from 'zod';
import { about } from '../field.ts';

const count = z.int().min(1);

export const checkpointSchema = z
  .strictObject({
    every: count.nullable().default(50).meta(about('Steps between checkpoints; one is always written at the end. null = only then.', 'steps')),
    keep_last: count.default(2).meta(about('Newest checkpoints kept.')),
    keep_best: z.string().min(1).nullable().default(null).meta(about('Metric whose highest checkpoint is kept too, for example eval/heldout/mean@1.')),
    keep_every: count.nullable().default(null).meta(about('Keep each checkpoint whose step is a multiple of this.', 'steps')),
  })
  .prefault({})
  .meta(about('Checkpoints.'));
