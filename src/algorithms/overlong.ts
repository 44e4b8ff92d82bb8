/**
 * Overlong penalty: the reward of a completion falls as it nears the length limit, so that a cut completion is no surprise.
 *
 *   R ← R + min(−(length − (maxTokens − buffer)) / buffer · factor, 0)
 *
 * @source Yu et al. 2025 (DAPO), arXiv:2503.14476
 */

import { z } from 'zod';
import type { Method } from './method.ts';
import { overlongPenalty } from './stages/overlong.ts';

export const overlongBlock = z
  .strictObject({
    buffer: z
      .number()
      .gt(0)
      .nullable()
      .default(null)
      .meta({ description: 'Tokens before rollout.max_tokens at which the penalty begins; null = a fifth of it.', unit: 'tokens' }),
    factor: z.number().min(0).default(1).meta({ description: 'Penalty at the limit.' }),
  })
  .nullable()
  .default(null)
  .meta({ description: 'Lower the reward of completions that come near the length limit.' });

export interface OverlongMethodOptions {
  readonly buffer: number | null;
  readonly factor: number;
}

export function overlong({ buffer, factor }: OverlongMethodOptions): Method {
  return {
    name: 'overlong',
    reward({ batch: { lengths, greedyLengths, maxTokens, rows }, rewards, greedyRewards, metrics }) {
      const penaltyOf = (length: number): number => overlongPenalty(length, { maxTokens, buffer: buffer ?? 0.2 * maxTokens, factor, floor: null });
      const penalties = Array.from(lengths, penaltyOf);
      penalties.forEach((penalty, i) => (rewards[i]! += penalty));
      // What completions are compared with pays the same price.
      if (greedyRewards) greedyLengths?.forEach((length, g) => (greedyRewards[g]! += penaltyOf(length)));
      metrics['overlong/penalty_mean'] = penalties.reduce((sum, penalty) => sum + penalty, 0) / Math.max(1, rows);
      metrics['overlong/share'] = penalties.filter((penalty) => penalty < 0).length / Math.max(1, rows);
    },
  };
}
