/** Scored rollouts as the algorithm takes them. */

import type { RolloutBatch, TokenTables } from '../algorithms/algorithm.ts';
import type { ScoredRollout } from '../engines/scorer.ts';

/** Rows in the order of the rollouts; the rollouts of one prompt are one group. */
export function formBatch(scored: readonly ScoredRollout[], maxTokens: number, tables?: TokenTables): RolloutBatch {
  const rowsOfPrompt = new Map<number, number[]>();
  scored.forEach(({ rollout }, row) => {
    const rows = rowsOfPrompt.get(rollout.prompt) ?? [];
    rows.push(row);
    rowsOfPrompt.set(rollout.prompt, rows);
  });
  const names = new Set(scored.flatMap(({ parts }) => Object.keys(parts)));
  return {
    rows: scored.length,
    groups: [...rowsOfPrompt].map(([prompt, rows]) => ({ prompt, rows })),
    rewards: Float64Array.from(scored, ({ reward }) => reward),
    rewardParts: new Map([...names].map((name) => [name, Float64Array.from(scored, ({ parts }) => parts[name]?.score ?? Number.NaN)])),
    lengths: Uint32Array.from(scored, ({ rollout }) => rollout.tokens.length),
    truncated: Uint8Array.from(scored, ({ rollout }) => (rollout.finishReason === 'length' ? 1 : 0)),
    maxTokens,
    ...(tables && { tables }),
  };
}
