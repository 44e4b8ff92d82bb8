/** A low-rank adapter, trained while the model itself stays frozen. */

import { z } from 'zod';
import { about } from '../field.ts';

export const loraSchema = z
  .strictObject({
    rank: z.int().min(1).default(16).meta(about('Rank of the correction.')),
    alpha: z.number().positive().default(32).meta(about('The correction is multiplied by alpha / rank.')),
    rslora: z.boolean().default(false).meta(about('Multiply by alpha / √rank instead.')),
    dropout: z
      .number()
      .min(0)
      .lt(1)
      .default(0)
      .meta(
        about(
          'Share of each correction’s inputs that is dropped while it is trained; never in sampling and evaluation. Above 0 ratios are off by that noise after the first update of a step.',
        ),
      ),
    target_modules: z
      .union([z.literal('all-linear'), z.array(z.string().min(1)).min(1)])
      .default('all-linear')
      .meta(about('Projections that are corrected: all of a block, or a list such as [q_proj, v_proj]; of GPT-2 [c_attn].')),
  })
  .nullable()
  .default(null)
  .meta(about('Train a low-rank adapter instead of the whole model; {} takes the defaults, null trains everything.'));
