/** The names other trainers give our metrics, for dashboards that exist already (`log.schema`). */

import type { Metrics } from './observer.ts';

/** Under whose names metrics are written. */
export type MetricSchema = 'entrain' | 'trl' | 'verl' | 'both';

/** Ours → verl's. The rest keeps its name: ours are TRL's where TRL has the quantity. */
const verlNames: Readonly<Record<string, string>> = {
  reward: 'critic/score/mean',
  'advantages/mean': 'critic/advantages/mean',
  'advantages/max': 'critic/advantages/max',
  'advantages/min': 'critic/advantages/min',
  'completions/mean_length': 'response_length/mean',
  'completions/min_length': 'response_length/min',
  'completions/max_length': 'response_length/max',
  'completions/clipped_ratio': 'response_length/clip_ratio',
  loss: 'actor/loss',
  policy_loss: 'actor/pg_loss',
  'clip_ratio/region_mean': 'actor/pg_clipfrac',
  pg_clipfrac_lower: 'actor/pg_clipfrac_lower',
  ppo_kl: 'actor/ppo_kl',
  kl: 'actor/kl_loss',
  kl_coef: 'actor/kl_coef',
  entropy: 'actor/entropy',
  entropy_coef: 'actor/entropy_coeff',
  grad_norm: 'actor/grad_norm',
  learning_rate: 'actor/lr',
  reward_kl_penalty: 'actor/reward_kl_penalty',
  reward_kl_penalty_coeff: 'actor/reward_kl_penalty_coeff',
  num_gen_batches: 'train/num_gen_batches',
  num_tokens: 'perf/total_num_tokens',
  'perf/tokens_per_s': 'perf/throughput',
  'sampling/sampling_logp_difference/mean': 'training/rollout_probs_diff_mean',
  'sampling/sampling_logp_difference/max': 'training/rollout_probs_diff_max',
};

/** The metrics under the names of a schema; `both` writes ours and verl's side by side. */
export function renamed(metrics: Metrics, schema: MetricSchema): Metrics {
  if (schema === 'entrain' || schema === 'trl') return metrics;
  const theirs = Object.fromEntries(Object.entries(metrics).map(([name, value]) => [verlName(name), value]));
  return schema === 'verl' ? theirs : { ...metrics, ...theirs };
}

/** The metrics under our names again, whatever schema they were written in. */
export function withOurNames(metrics: Metrics): Metrics {
  const ours = new Map(Object.entries(verlNames).map(([name, theirs]) => [theirs, name]));
  return Object.fromEntries(
    Object.entries(metrics).map(([name, value]) => [ours.get(name) ?? name.replace(/^val-core\/(.+)\/reward\/(mean@\d+)$/, 'eval/$1/$2'), value]),
  );
}

function verlName(name: string): string {
  const [, source, measure] = /^eval\/(.+)\/(mean@\d+)$/.exec(name) ?? [];
  if (source && measure) return `val-core/${source}/reward/${measure}`;
  return Object.hasOwn(verlNames, name) ? verlNames[name]! : name;
}
