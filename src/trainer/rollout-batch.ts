/** Scored rollouts as the algorithm takes them. */

import type { RolloutBatch, TokenTables } from '../algorithms/algorithm.ts';
import type { ScoredRollout } from '../engines/scorer.ts';

/** What a batch may hold beyond its rollouts. */
export interface BatchParts {
  readonly tables?: TokenTables | undefined;
  /** Weights of the rewards in the total, by name. */
  readonly rewardWeights?: ReadonlyMap<string, number> | undefined;
  /** By prompt: the reward of its greedy completion. */
  readonly greedyRewards?: readonly number[] | undefined;
  /** By prompt: its tokens. */
  readonly greedyLengths?: readonly number[] | undefined;
}

/** Rows in the order of the rollouts; the rollouts of one prompt are one group. */
export function formBatch(
  scored: readonly ScoredRollout[],
  maxTokens: number,
  { tables, rewardWeights, greedyRewards, greedyLengths }: BatchParts = {},
): RolloutBatch {
  const rowsOfPrompt = new Map<number, number[]>();
  scored.forEach(({ rollout }, row) => {
    const rows = rowsOfPrompt.get(rollout.prompt) ?? [];
    rows.push(row);
    rowsOfPrompt.set(rollout.prompt, rows);
  });
  const names = new Set(scored.flatMap(({ parts }) => Object.keys(parts)));
  const rewardParts = new Map([...names].map((name) => [name, Float64Array.from(scored, ({ parts }) => parts[name]?.score ?? Number.NaN)]));
  return {
    rows: scored.length,
    groups: [...rowsOfPrompt].map(([prompt, rows]) => ({ prompt, rows })),
    rewards: Float64Array.from(scored, ({ reward }) => reward),
    rewardParts,
    ...(rewardWeights && { rewardWeights }),
    // A score from outside is a reward of its name, often with weight 0: fetched once for each rollout, NaN where it failed.
    externalScores: rewardParts,
    answerKeys: scored.map(answerKey),
    lengths: Uint32Array.from(scored, ({ rollout }) => rollout.tokens.length),
    truncated: Uint8Array.from(scored, ({ rollout }) => (rollout.finishReason === 'length' ? 1 : 0)),
    maxTokens,
    ...(greedyRewards && { greedyRewards: Float64Array.from(rowsOfPrompt.keys(), (prompt) => greedyRewards[prompt] ?? Number.NaN) }),
    ...(greedyLengths && { greedyLengths: Uint32Array.from(rowsOfPrompt.keys(), (prompt) => greedyLengths[prompt] ?? 0) }),
    ...(tables && { tables }),
  };
}

/** The answer that a reward read from a completion, else its text; null where a reward could read none. */
function answerKey({ parts, completion }: ScoredRollout): string | null {
  const rows = Object.values(parts);
  if (rows.some(({ parseFailed }) => parseFailed)) return null;
  const read = rows.flatMap(({ extra }) => (extra?.['answer'] === undefined ? [] : [String(extra['answer'])]))[0];
  return read ?? completion.text.trim();
}
