/** Measuring on prompts that are not trained on. */

import { z } from 'zod';
import { about } from '../field.ts';

const count = z.int().min(1);

export const evalSchema = z
  .strictObject({
    data: z
      .string()
      .min(1)
      .nullable()
      .default(null)
      .meta(about('Path of a .jsonl file, or “heldout” for the held-out prompts of data.task; null = no evaluation.')),
    every: count.nullable().default(10).meta(about('Steps between evaluations; the last step is always evaluated. null = only then.', 'steps')),
    at_start: z.boolean().default(true).meta(about('Evaluate before the first step too.')),
    n: count.default(1).meta(about('Completions for each prompt.', 'completions')),
    k: count.nullable().default(null).meta(about('k of pass@k, at most eval.n; null = eval.n.')),
    threshold: z.number().default(1).meta(about('A completion is right when its reward is at least this.')),
    temperature: z.number().min(0).default(0).meta(about('Sampling temperature; 0 takes the likeliest token.')),
    max_tokens: count.nullable().default(null).meta(about('Longest completion; null = rollout.max_tokens.', 'tokens')),
    limit: count.nullable().default(null).meta(about('Use only the first so many prompts; null = all.', 'prompts')),
  })
  .prefault({})
  .meta(about('Evaluation.'));
