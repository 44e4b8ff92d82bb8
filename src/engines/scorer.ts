/** Scores rollouts with the run's rewards, in this process. */

import type { Prompt } from '../data/prompt.ts';
import { combineRewards, type CombinedRewards, type WeightedReward } from '../rewards/combine.ts';
import type { Completion, RewardRow } from '../rewards/reward.ts';
import type { Rollout } from '../rollout/rollout.ts';

/** A rollout with what it earned. */
export interface ScoredRollout {
  readonly rollout: Rollout;
  readonly completion: Completion;
  /** The total; NaN where there is none. */
  readonly reward: number;
  /** By reward. */
  readonly parts: Readonly<Record<string, RewardRow>>;
}

/** Scores rollouts. */
export interface Scorer {
  /** Weight of each reward in the total, by its name. */
  readonly weights?: ReadonlyMap<string, number>;
  /** The most a completion can earn; absent where a reward does not say. */
  readonly greatest?: number;
  score(prompts: readonly Prompt[], rollouts: readonly Rollout[]): Promise<readonly ScoredRollout[]>;
}

/** A scorer that decodes completions, without the token that ended them, and adds weighted rewards up. */
export function createScorer(rewards: readonly WeightedReward[], decode: (tokens: Uint32Array) => string): Scorer {
  const greatest = greatestTotal(rewards);
  const names = namesOf(rewards);
  return {
    ...(greatest !== null && { greatest }),
    weights: new Map(rewards.map(({ weight }, index) => [names[index]!, weight])),
    async score(prompts, rollouts) {
      const completions = rollouts.map(({ prompt, tokens, finishReason }) => ({
        prompt: prompts[prompt]!,
        text: decode(finishReason === 'stop' ? tokens.subarray(0, -1) : tokens),
        ids: tokens,
        finishReason,
      }));
      const combined = await combineRewards(rewards, completions);
      return rollouts.map((rollout, row) => ({
        rollout,
        completion: completions[row]!,
        reward: combined.totals[row] ?? Number.NaN,
        parts: partsOf(combined, names, row),
      }));
    },
  };
}

/** Null where a reward has no greatest score, or is not of every completion. */
function greatestTotal(rewards: readonly WeightedReward[]): number | null {
  const counted = rewards.filter(({ weight }) => weight !== 0);
  const total = counted.reduce((sum, { reward: { range }, weight }) => sum + weight * (weight > 0 ? range[1] : range[0]), 0);
  return counted.length > 0 && Number.isFinite(total) && counted.every(({ when }) => when === undefined) ? total : null;
}

/** The rewards' own names; a second one of the same name is told from it by a number: `exact_answer`, `exact_answer_2`. */
function namesOf(rewards: readonly WeightedReward[]): string[] {
  const taken = new Set(rewards.map(({ reward }) => reward.name));
  const seen = new Set<string>();
  return rewards.map(({ reward: { name } }) => {
    let own = name;
    for (let place = 2; seen.has(own) || (own !== name && taken.has(own)); place++) own = `${name}_${place}`;
    seen.add(own);
    return own;
  });
}

function partsOf({ parts }: CombinedRewards, names: readonly string[], row: number): Record<string, RewardRow> {
  return Object.fromEntries(parts.map(({ rows }, index) => [names[index]!, rows[row]!]));
}
