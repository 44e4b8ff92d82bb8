/** The built-in rewards by the name a recipe uses. */

import { RecipeError } from '../base/errors.ts';
import { exactAnswerReward } from './exact-answer.ts';
import { lengthPenaltyReward } from './length-penalty.ts';
import { makeTheNumberReward } from './make-the-number.ts';
import type { Reward, RewardKind } from './reward.ts';

/** The rewards a recipe can name, by name. */
export const BUILT_IN_REWARDS: ReadonlyMap<string, RewardKind> = new Map(
  [makeTheNumberReward, exactAnswerReward, lengthPenaltyReward].map((kind) => [kind.name, kind]),
);

/** The built-in reward of a name with its options. @throws RecipeError if there is no reward of that name, or its arguments do not fit */
export function builtInReward(name: string, args: unknown = {}): Reward {
  const kind = BUILT_IN_REWARDS.get(name);
  if (!kind) {
    const names = [...BUILT_IN_REWARDS.keys()].join(', ');
    throw new RecipeError([{ path: 'use', message: `expected ${names} or path.ts:export, got ${name}.` }]);
  }
  return kind.create(args);
}
