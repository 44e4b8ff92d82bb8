/** How completions are sampled. */

import { z } from 'zod';
import { about } from '../field.ts';

export const rolloutSchema = z
  .strictObject({
    n: z.int().min(1).default(8).meta(about('Completions sampled for each prompt: the group.', 'completions')),
    max_tokens: z.int().min(1).default(512).meta(about('Longest completion, its end token included.', 'tokens')),
    temperature: z.number().positive().default(1).meta(about('Logits are divided by this, in sampling and in the loss.')),
    top_p: z.number().gt(0).max(1).default(1).meta(about('Sample from the likeliest tokens that hold this share of the probability; 1 = off.')),
    top_k: z.int().min(1).nullable().default(null).meta(about('Sample from this many likeliest tokens; null = off.', 'tokens')),
    min_p: z.number().min(0).lt(1).default(0).meta(about('Leave out tokens below this share of the likeliest one; 0 = off.')),
    repetition_penalty: z.number().positive().default(1).meta(about('Divides the logits of tokens already seen; 1 = off.')),
    stop: z.array(z.string().min(1)).default([]).meta(about('Texts of single tokens that end a completion, besides the end token.')),
  })
  .prefault({})
  .meta(about('Sampling. Filters and penalties make the samples off-policy.'));
