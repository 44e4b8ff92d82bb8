/** Every metric by name: what it says, in which unit, and whose name it is. `docs/metrics.md` is made from this table. */

import { methodMetrics } from './method-metrics.ts';
import type { MetricChapter, MetricNote } from './metric-note.ts';

const trl = 'TRL';
const verl = 'verl';

/** In updates, a metric is the mean over the updates of a step; the largest where its name ends in `max`, the least for `min`. */
export const metricChapters: readonly MetricChapter[] = [
  {
    title: 'Rewards and groups',
    metrics: [
      { name: 'reward', meaning: 'mean reward of a completion: the weighted sum of its rewards', from: trl },
      { name: 'reward_std', meaning: 'standard deviation of the reward over all completions of the step, unbiased', from: trl },
      { name: 'rewards/{name}/mean', meaning: 'mean of one reward, over the completions it scored; a second reward of a name is `{name}_2`', from: trl },
      { name: 'rewards/{name}/std', meaning: 'its standard deviation, unbiased', from: trl },
      { name: 'rewards/{name}/parse_failed', meaning: 'share of completions in which it found no answer to judge' },
      { name: 'rewards/{name}/error', meaning: 'share of completions on which it failed: it threw, or its score was no finite number' },
      { name: 'reward_greedy', meaning: 'mean reward of the prompts’ greedy completions, where `advantage: remax` compares with them' },
      { name: 'frac_reward_zero_std', meaning: 'share of completions in groups whose rewards are all equal', from: trl },
      { name: 'groups/frac_mixed', meaning: 'share of groups with rewards that differ: those GRPO learns from' },
      { name: 'groups/frac_all_good', meaning: 'share of groups with equal rewards above 0' },
      { name: 'num_gen_batches', meaning: 'batches of prompts sampled for the step; more than 1 where groups are filtered', from: verl },
      { name: 'groups/frac_all_bad', meaning: 'share of groups with equal rewards of 0 or less' },
      { name: 'advantages/mean', meaning: 'mean advantage over sampled tokens', from: verl },
      { name: 'advantages/min', meaning: 'least advantage of a completion', from: verl },
      { name: 'advantages/max', meaning: 'largest advantage of a completion', from: verl },
    ],
  },
  {
    title: 'Completions',
    metrics: [
      { name: 'completions/mean_length', meaning: 'mean number of sampled tokens, the end token included', unit: 'tokens', from: trl },
      { name: 'completions/min_length', meaning: 'the shortest completion', unit: 'tokens', from: trl },
      { name: 'completions/max_length', meaning: 'the longest completion', unit: 'tokens', from: trl },
      { name: 'completions/clipped_ratio', meaning: 'share of completions cut off at rollout.max_tokens', from: trl },
      { name: 'num_tokens', meaning: 'tokens sampled since the run began', unit: 'tokens', from: trl },
    ],
  },
  {
    title: 'The policy and how it moves',
    metrics: [
      {
        name: 'entropy',
        meaning:
          'mean over tokens of −Σ p ln p, of the distribution at the sampling temperature; as sampled, over all completions, in a step whose updates leave groups out',
        unit: 'nats',
        from: trl,
      },
      {
        name: 'entropy_change/predicted',
        meaning:
          'first-order change of entropy per unit step along the slopes of the first update: mean of −w·[p(ln p + H) − (Σp² ln p + H·Σp²)], w the token’s weight',
        unit: 'nats',
      },
      { name: 'entropy_change/realised', meaning: 'entropy of this step minus that of the step before', unit: 'nats' },
      { name: 'entropy_coef', meaning: 'coefficient of the entropy bonus in force', from: trl },
      { name: 'loss', meaning: 'the scalar whose slopes are followed, all terms together. It says little: its slope matters, its value is near 0', from: trl },
      { name: 'policy_loss', meaning: 'the part of the loss that depends on the advantage', from: trl },
      {
        name: 'kl',
        meaning: 'mean over tokens of the estimate of KL(policy ‖ reference); k3 unless algorithm.kl_estimator says otherwise',
        unit: 'nats',
        from: trl,
      },
      { name: 'kl_coef', meaning: 'coefficient of the KL term in force', from: verl },
      { name: 'ppo_kl', meaning: 'mean over tokens of oldLogProb − logProb: how far the policy has moved within the step', unit: 'nats', from: verl },
      { name: 'ppo_kl_abs', meaning: 'mean over tokens of |logProb − oldLogProb|', unit: 'nats' },
      { name: 'clip_ratio/region_mean', meaning: 'share of tokens whose slope the clip stops, on either side', from: trl },
      { name: 'clip_ratio/low_mean', meaning: 'share stopped below 1 − clip_low, where the advantage is negative', from: trl },
      { name: 'clip_ratio/low_min', meaning: 'the least such share of a completion', from: trl },
      { name: 'clip_ratio/high_mean', meaning: 'share stopped above 1 + clip_high, where the advantage is positive', from: trl },
      { name: 'clip_ratio/high_max', meaning: 'the largest such share of a completion', from: trl },
      { name: 'pg_clipfrac_lower', meaning: 'share of tokens that the dual clip holds', from: verl },
      { name: 'grad_norm', meaning: 'norm of the whole gradient before it is clipped, mean over updates', from: trl },
      { name: 'learning_rate', meaning: 'of the last update of the step', from: trl },
      { name: 'updates/count', meaning: 'optimizer updates of the step', unit: 'updates' },
      { name: 'updates/skipped', meaning: 'updates left out because the gradient was not finite', unit: 'updates' },
    ],
  },
  {
    title: 'Selections and corrections',
    metrics: [
      { name: 'select/candidate_share', meaning: 'share of tokens that Clip-Cov could leave out', from: 'Cui et al. 2025' },
      { name: 'select/dropped_share', meaning: 'share of tokens that it leaves out', from: 'Cui et al. 2025' },
      { name: 'select/pulled_share', meaning: 'share of tokens that are pulled back to the old policy', from: 'Cui et al. 2025' },
      { name: 'select/entropy_ratio_share', meaning: 'share of tokens whose entropy is within its band: those that ERC lets learn', from: 'Su et al. 2025' },
      { name: 'peak_entropy', meaning: 'mean entropy of a completion’s most undecided tokens, which SIREN holds near its anchor', unit: 'nats' },
      { name: 'select/off_policy_share', meaning: 'share of tokens in completions left out for having drifted from their sampler' },
      { name: 'rollout_corr/rollout_is_batch_norm_factor', meaning: 'what the weights are divided by, where batch_normalize is on', from: verl },
      { name: 'rollout_corr/rollout_is_mean', meaning: 'mean importance weight of old policy to sampler', from: verl },
      { name: 'rollout_corr/rollout_is_ratio_fraction_high', meaning: 'share of weights above the upper bound', from: verl },
      { name: 'rollout_corr/rollout_is_ratio_fraction_low', meaning: 'share of weights below the lower bound', from: verl },
      { name: 'rollout_corr/rollout_is_eff_sample_size', meaning: '(mean w)² / mean w²: 1 where all weights are equal', from: verl },
    ],
  },
  {
    title: 'Sampler against trainer',
    metrics: [
      {
        name: 'sampling/sampling_logp_difference/max',
        meaning: 'largest gap of a token’s log-prob between sampler and trainer, before the policy moves; absent under an adapter’s dropout',
        unit: 'nats',
        from: trl,
      },
      { name: 'sampling/sampling_logp_difference/mean', meaning: 'the mean gap', unit: 'nats', from: trl },
    ],
  },
  {
    title: 'Evaluation',
    metrics: [
      { name: 'eval/{set}/mean@1', meaning: 'mean reward of a completion of held-out prompts', from: verl },
      {
        name: 'eval/{set}/pass@{k}',
        meaning: 'chance that k completions hold a right one, without bias from n: 1 − C(n − c, k) / C(n, k)',
        from: 'Chen et al. 2021',
      },
      { name: 'eval/{set}/distinct@{k}', meaning: 'different right answers among the first k completions of a prompt, averaged' },
      { name: 'eval/{set}/entropy', meaning: 'mean over sampled tokens, at the temperature of the evaluation', unit: 'nats' },
      { name: 'eval/{set}/mean_length', meaning: 'mean number of sampled tokens', unit: 'tokens' },
      { name: 'eval/{set}/clipped_ratio', meaning: 'share of completions cut off at the limit' },
      {
        name: 'law/{set}/{a,b,ceiling}',
        meaning:
          'least-squares fit of mean@1 = −a·e^entropy + b over the evaluations so far, and its value b − a at entropy 0; from three different entropies on',
        from: 'Cui et al. 2025',
      },
      { name: 'law/{set}/{a,b,ceiling}_{low,high}', meaning: 'ends of the band: 95 % of the fits to evaluations drawn anew with replacement (1000 draws)' },
      { name: 'law/{set}/r2', meaning: 'share of the variance of mean@1 that the fit explains; absent where all are equal' },
      { name: 'law/{set}/rmse', meaning: 'root of the mean squared distance of mean@1 from the fit' },
      { name: 'law/{set}/valid', meaning: '0 where something holds the entropy, or the policy to a reference: the law is of runs left alone' },
    ],
  },
  {
    title: 'Time and speed',
    metrics: [
      { name: 'timing_s/{phase}', meaning: 'time of a phase: gen, reward, old_log_prob, update_actor, and the whole step', unit: 'seconds', from: verl },
      { name: 'perf/tokens_per_s', meaning: 'sampled tokens of the step by its time', unit: 'tokens/s' },
      { name: 'perf/tokens_per_s_gen', meaning: 'sampled tokens by the time of sampling', unit: 'tokens/s' },
      { name: 'perf/tokens_per_s_train', meaning: 'tokens of the step’s groups by the time of the updates', unit: 'tokens/s' },
    ],
  },
  ...methodMetrics,
];

/** The note of a metric as it is written in a row, if there is one. */
export function noteOfMetric(name: string): MetricNote | undefined {
  return metricChapters.flatMap(({ metrics }) => metrics).find(({ name: pattern }) => matches(pattern, name));
}

function matches(pattern: string, name: string): boolean {
  const parts = pattern.split(/(\{[^}]+\})/).map((part) => {
    if (!part.startsWith('{')) return part.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&');
    return part.includes(',') ? `(?:${part.slice(1, -1).replaceAll(',', '|')})` : '[^/]+';
  });
  return new RegExp(`^${parts.join('')}$`).test(name);
}
