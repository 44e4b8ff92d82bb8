/** Metrics of a rollout batch; each is defined in docs/metrics.md. */

import type { RolloutBatch } from '../algorithms/algorithm.ts';
import type { ScoredRollout } from '../engines/scorer.ts';

export function rolloutMetrics(scored: readonly ScoredRollout[], batch: RolloutBatch): Record<string, number> {
  const metrics: Record<string, number> = {};
  const rewards = Array.from(batch.rewards).filter((reward) => !Number.isNaN(reward));
  metrics['reward'] = mean(rewards);
  metrics['reward_std'] = deviation(rewards);
  for (const [name, values] of batch.rewardParts) {
    const scores = Array.from(values).filter((value) => !Number.isNaN(value));
    metrics[`rewards/${name}/mean`] = mean(scores);
    metrics[`rewards/${name}/std`] = deviation(scores);
    metrics[`rewards/${name}/parse_failed`] = shareOf(scored, ({ parts }) => parts[name]?.parseFailed === true);
    metrics[`rewards/${name}/error`] = shareOf(scored, ({ parts }) => parts[name]?.error !== undefined);
  }
  Object.assign(metrics, groupMetrics(batch));
  const lengths = Array.from(batch.lengths);
  metrics['completions/mean_length'] = mean(lengths);
  metrics['completions/min_length'] = Math.min(...lengths);
  metrics['completions/max_length'] = Math.max(...lengths);
  metrics['completions/clipped_ratio'] = shareOf(scored, ({ rollout }) => rollout.finishReason === 'length');
  metrics['entropy'] = mean(scored.flatMap(({ rollout }) => Array.from(rollout.entropies)));
  return metrics;
}

/** Shares of groups whose rewards differ, or are all alike: positive, or not. A group without rewards is none of these. */
function groupMetrics({ groups, rewards }: RolloutBatch): Record<string, number> {
  let [mixed, good, bad] = [0, 0, 0];
  for (const { rows } of groups) {
    const values = rows.map((row) => rewards[row]!).filter((reward) => !Number.isNaN(reward));
    if (values.length === 0) continue;
    if (values.some((value) => value !== values[0])) mixed++;
    else if (values[0]! > 0) good++;
    else bad++;
  }
  const count = Math.max(1, groups.length);
  return {
    'groups/frac_mixed': mixed / count,
    'groups/frac_all_good': good / count,
    'groups/frac_all_bad': bad / count,
  };
}

function shareOf(scored: readonly ScoredRollout[], claim: (row: ScoredRollout) => boolean): number {
  return scored.filter(claim).length / Math.max(1, scored.length);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

/** Unbiased; exactly 0 for fewer than two values and for equal ones, whose mean may differ from them by a rounding. */
function deviation(values: readonly number[]): number {
  if (values.length < 2 || values.every((value) => value === values[0])) return 0;
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}
