/** Scores rollouts with a reward, in this process. */

import type { Prompt } from '../data/prompt.ts';
import type { Completion, Reward, RewardRow } from '../rewards/reward.ts';
import type { Rollout } from '../rollout/rollout.ts';

/** A rollout with what it earned. */
export interface ScoredRollout {
  readonly rollout: Rollout;
  readonly completion: Completion;
  /** The total; NaN where no reward applies. */
  readonly reward: number;
  /** By reward; null where it does not apply. */
  readonly parts: Readonly<Record<string, RewardRow>>;
}

/** One reward of several, and its factor in the total. */
export interface WeightedReward {
  readonly reward: Reward;
  readonly weight: number;
  /** Only for prompts whose columns have these values. */
  readonly when: Readonly<Record<string, unknown>> | null;
}

export interface Scorer {
  readonly rewards: readonly WeightedReward[];
  score(prompts: readonly Prompt[], rollouts: readonly Rollout[]): Promise<readonly ScoredRollout[]>;
}

/** A scorer that decodes completions and sums weighted rewards; a row that no reward scores has reward NaN. */
export function createScorer(rewards: readonly WeightedReward[], decode: (tokens: Uint32Array) => string): Scorer {
  return {
    rewards,
    async score(prompts, rollouts) {
      const completions = rollouts.map(({ prompt, tokens, finishReason }) => ({ prompt: prompts[prompt]!, text: decode(tokens), ids: tokens, finishReason }));
      const parts: Record<string, RewardRow>[] = completions.map(() => ({}));
      for (const { reward, when } of rewards) {
        const rows = completions.flatMap(({ prompt }, row) => (applies(when, prompt) ? [row] : []));
        const scored = await reward.score(rows.map((row) => completions[row]!));
        rows.forEach((row, index) => {
          parts[row]![reward.name] = scored[index]!;
        });
      }
      return rollouts.map((rollout, row) => ({ rollout, completion: completions[row]!, reward: total(rewards, parts[row]!), parts: parts[row]! }));
    },
  };
}

function applies(when: WeightedReward['when'], prompt: Prompt): boolean {
  return when === null || Object.entries(when).every(([column, value]) => prompt.columns[column] === value);
}

function total(rewards: readonly WeightedReward[], parts: Readonly<Record<string, RewardRow>>): number {
  let sum = 0;
  let scored = false;
  for (const { reward, weight } of rewards) {
    const score = parts[reward.name]?.score ?? null;
    if (score === null || Number.isNaN(score)) continue;
    sum += weight * score;
    scored = true;
  }
  return scored ? sum : Number.NaN;
}
