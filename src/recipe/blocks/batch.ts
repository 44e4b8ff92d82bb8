/** How much is sampled in a step, and how it is cut into updates. Memory settings change no result. */

import { z } from 'zod';
import { about } from '../field.ts';

const microTokens = z.union([z.literal('auto'), z.int().min(1)]);

export const batchSchema = z
  .strictObject({
    prompts: z.int().min(1).default(8).meta(about('Prompts in a step (method sft: examples in an update).', 'prompts')),
    update_prompts: z
      .int()
      .min(1)
      .nullable()
      .default(null)
      .meta(about('Prompts in one optimizer update, with all their completions; null = batch.prompts.', 'prompts')),
    epochs: z.int().min(1).default(1).meta(about('Passes over the completions of a step.')),
    micro_tokens: microTokens.default('auto').meta(about('Tokens in one forward and backward pass: memory against speed only.', 'tokens')),
  })
  .prefault({})
  .meta(about('Batch sizes, in prompts.'));
