/** Metrics of a step's rewards and advantages, before any update. */

import type { RolloutBatch } from './algorithm.ts';

/** `advantages/*` over valid tokens; the share of completions in groups whose rewards do not differ. */
export function describeAdvantages(batch: RolloutBatch, rewards: Float64Array, values: Float64Array): Record<string, number> {
  let [tokens, sum, low, high] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  values.forEach((value, i) => {
    const length = batch.lengths[i]!;
    if (length === 0) return;
    tokens += length;
    sum += value * length;
    low = Math.min(low, value);
    high = Math.max(high, value);
  });
  const equal = batch.groups.filter(({ rows }) => {
    const scored = rows.map((row) => rewards[row]!).filter((reward) => !Number.isNaN(reward));
    return scored.every((reward) => reward === scored[0]);
  });
  const greedy = Array.from(batch.greedyRewards ?? []).filter((reward) => !Number.isNaN(reward));
  const rowsOf = (groups: typeof equal): number => groups.reduce((count, { rows }) => count + rows.length, 0);
  return {
    'advantages/mean': tokens === 0 ? 0 : sum / tokens,
    'advantages/min': tokens === 0 ? 0 : low,
    'advantages/max': tokens === 0 ? 0 : high,
    ...(greedy.length > 0 && { reward_greedy: greedy.reduce((sum, reward) => sum + reward, 0) / greedy.length }),
    frac_reward_zero_std: rowsOf(equal) / Math.max(1, batch.rows),
  };
}
