/** What is written while training. */

import { z } from 'zod';
import { about } from '../field.ts';

export const logSchema = z
  .strictObject({
    to: z
      .array(z.enum(['console', 'jsonl']))
      .default(['console', 'jsonl'])
      .meta(about('Where metrics go: the terminal, metrics.jsonl.')),
    every: z.int().min(1).default(1).meta(about('Steps between lines on the console; metrics.jsonl has every step.', 'steps')),
    completions: z.boolean().default(true).meta(about('Write the completions of each step to the run folder.')),
    print_completions: z.int().min(1).nullable().default(null).meta(about('Steps between tables of completions on the console; null = never.', 'steps')),
    schema: z.enum(['entrain', 'trl', 'verl', 'both']).default('entrain').meta(about('Whose metric names metrics.jsonl uses.')),
  })
  .prefault({})
  .meta(about('Logs.'));
