/**
 * How rewards become movement: the slots every policy-gradient method shares, and a block for each method that adds to them.
 *
 * A method's options sit under `algorithm.<method>`; naming the block switches the method on, null switches it off.
 */

import { z } from 'zod';
import { about } from '../field.ts';
import { compatBlock } from '../../algorithms/compat.ts';
import { ADVANTAGES } from '../../algorithms/advantage-names.ts';
import { presetNames } from '../presets.ts';
import { methodBlocks } from './methods.ts';

const coefficient = z.number().min(0);

const clampSchema = z.strictObject({
  log_ratio: z.number().positive().nullable().default(20).meta(about('Largest |log p_ref − log p| that enters the estimator; null = none.', 'nats')),
  k3: z.number().positive().nullable().default(10).meta(about('Largest value of k3; null = none.', 'nats')),
});

const filterSchema = z.strictObject({
  enable: z.boolean().default(false).meta(about('Sample on until enough groups have differing rewards (dynamic sampling).')),
  metric: z.string().min(1).nullable().default(null).meta(about('Name of the reward that must differ; null = the total.')),
  max_gen_batches: z.int().min(1).default(10).meta(about('Batches sampled for one step before the run stops with exit code 4.', 'batches')),
});

const slots = {
  name: z.enum(presetNames).default('grpo').meta(about('Preset that fills the keys below; a key written in the recipe wins.')),
  advantage: z
    .enum(ADVANTAGES)
    .default('grpo')
    .meta(about('How rewards become advantages; advantage_center belongs to grpo, advantage_scale to grpo, rloo and grpo_passk.')),
  discount: z.number().min(0).max(1).default(1).meta(about('Discount of the returns of advantage reinforce_pp.')),
  advantage_center: z
    .enum(['mean', 'leave-one-out', 'none'])
    .default('mean')
    .meta(about('What a reward is compared with: the mean of its group, the mean of the others in it, or nothing.')),
  advantage_scale: z.enum(['group', 'batch', 'none']).default('group').meta(about('Whose standard deviation divides the advantage.')),
  advantage_eps: coefficient.default(1e-6).meta(about('Added to that standard deviation.')),
  loss_agg: z
    .enum(['token-mean', 'token-sum', 'seq-mean-token-sum', 'seq-mean-token-mean', 'seq-mean-token-sum-norm'])
    .default('token-mean')
    .meta(about('How the losses of tokens become one number.')),
  loss_scale_factor: z.number().positive().nullable().default(null).meta(about('Divisor of seq-mean-token-sum-norm; null = rollout.max_tokens.', 'tokens')),
  surrogate: z
    .enum(['clip', 'plain', 'pg'])
    .default('clip')
    .meta(about('Advantage times ratio, with the ratio held in bounds (clip) or as it is (plain); or times the log-prob (pg).')),
  clip_low: coefficient.default(0.2).meta(about('The ratio may fall to 1 − clip_low.')),
  clip_high: coefficient.default(0.2).meta(about('The ratio may rise to 1 + clip_high.')),
  clip_dual: z.number().gt(1).nullable().default(3).meta(about('Where the advantage is negative, the ratio counts at most this; null = off.')),
  clip_delta: z
    .number()
    .gt(1)
    .nullable()
    .default(null)
    .meta(about('The ratio itself counts at most this, on either sign of the advantage (two-sided clipping); null = off.')),
  ratio: z.enum(['token', 'sequence']).default('token').meta(about('Ratio of new to old probability: of each token, or of the whole completion.')),
  clamp_log_ratio: z.number().positive().nullable().default(20).meta(about('Bound on |log ratio| before exp; null = none.', 'nats')),
  old_log_probs: z
    .enum(['auto', 'sampler', 'trainer'])
    .default('auto')
    .meta(about('Where the log-probs of the old policy come from; auto takes the sampler’s when it samples from the whole distribution.')),
  kl_coef: coefficient.default(0).meta(about('Weight of the KL to the reference model in the loss.')),
  kl_estimator: z.enum(['k1', 'abs', 'k2', 'k3', 'k1+', 'abs+', 'k2+', 'k3+']).default('k3').meta(about('Estimator of that KL; “+” takes the slope of k2.')),
  kl_in_reward: z.boolean().default(false).meta(about('The KL term lowers the reward instead of joining the loss.')),
  kl_bias_correction: z.boolean().default(false).meta(about('Multiply the KL estimate by the ratio, which makes it unbiased off-policy.')),
  kl_clamp: clampSchema.prefault({}).meta(about('Bounds on the KL estimator.')),
  entropy_coef: z.number().default(0).meta(about('Weight of the entropy bonus.', 'per nat')),
  row_weight_scope: z
    .enum(['policy', 'all'])
    .default('policy')
    .meta(about('Whether the weight of a row (xdr) multiplies its policy term alone, or its KL term too.')),
  filter_groups: filterSchema.prefault({}).meta(about('Which groups are learned from.')),
  mask_truncated: z.boolean().default(false).meta(about('Leave completions that were cut off at rollout.max_tokens out of the loss.')),
};

export const algorithmSchema = z
  .strictObject({ ...slots, ...methodBlocks, compat: compatBlock })
  .prefault({})
  .meta(about('The policy-gradient method.'));
