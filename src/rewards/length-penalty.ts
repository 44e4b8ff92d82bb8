/**
 * DAPO's soft penalty for completions that come near the length limit.
 *
 *   penalty = min(−(n − (maxTokens − buffer)) / buffer · factor, 0)
 *
 * @source Yu et al. 2025, arXiv:2503.14476, "Overlong reward shaping"; verl DAPORewardManager; TRL get_soft_overlong_punishment
 */

import { z } from 'zod';
import { defineReward } from './reward.ts';

const options = z
  .strictObject({
    max_tokens: z.int().min(1).describe('length at which the penalty reaches −factor'),
    buffer: z.int().min(1).describe('tokens before max_tokens over which the penalty grows'),
    factor: z.number().positive().default(1).describe('penalty at max_tokens'),
    floor: z.number().negative().nullable().default(null).describe('the penalty never falls below it; TRL has −1, verl none'),
  })
  .describe('0 up to max_tokens − buffer tokens, then falling to −factor at max_tokens (DAPO)');

export const lengthPenaltyReward = defineReward({
  name: 'length_penalty',
  options,
  range: ({ floor }) => [floor ?? -Infinity, 0],
  judge({ ids }, { max_tokens: maxTokens, buffer, factor, floor }) {
    const overlong = ids.length - (maxTokens - buffer);
    if (overlong <= 0) return { score: 0 };
    return { score: Math.max(floor ?? -Infinity, (-overlong / buffer) * factor) };
  },
});
