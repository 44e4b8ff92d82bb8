/** The optimizer and its schedule. */

import { z } from 'zod';
import { about } from '../field.ts';

const beta = z.number().min(0).lt(1);

export const optimSchema = z
  .strictObject({
    lr: z.number().min(0).default(1e-6).meta(about('Learning rate after warm-up.')),
    betas: z.tuple([beta, beta]).default([0.9, 0.999]).meta(about('Decay of the running mean and of the running square of the gradient.')),
    eps: z.number().positive().default(1e-8).meta(about('Added to the root of the running square.')),
    weight_decay: z.number().min(0).default(0.01).meta(about('Decoupled weight decay, times the learning rate.')),
    moments: z
      .enum(['f32', 'bf16'])
      .default('f32')
      .meta(about('How both are held: bf16 takes half the memory; running squares are then rounded at random, right on average.')),
    schedule: z.enum(['constant', 'linear', 'cosine']).default('constant').meta(about('Course of the learning rate after warm-up.')),
    schedule_steps: z.int().min(1).nullable().default(null).meta(about('Steps the schedule is laid out over, warm-up included; null = steps.', 'steps')),
    warmup_steps: z.int().min(0).default(0).meta(about('Steps of linear rise from 0.', 'steps')),
    final_lr_share: z.number().min(0).max(1).default(0).meta(about('Share of lr that linear and cosine end at.')),
    max_grad_norm: z.number().positive().nullable().default(1).meta(about('Longest gradient; a longer one is scaled down. null = no bound.')),
  })
  .prefault({})
  .meta(about('AdamW.'));
