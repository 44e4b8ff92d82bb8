/** Metrics that only one method writes, under the names of its source. */

import type { MetricChapter } from './metric-note.ts';

export const methodMetrics: readonly MetricChapter[] = [
  {
    title: 'EGPO (`egpo`)',
    metrics: [
      { name: 'egpo/weight/{mean,min,max,std}', meaning: 'weight of a completion’s advantage, over all completions of the step' },
      { name: 'egpo/weight_pos/{mean,min}', meaning: 'the same over completions with a positive reward' },
      { name: 'egpo/weight_neg/{mean,max}', meaning: 'the same over the others' },
      { name: 'egpo/ratio/{mean,max}', meaning: 'the weight before it is held in its bounds' },
      { name: 'egpo/entropy/seq_mean', meaning: 'mean signal of a completion over its segment: surprisal, or entropy', unit: 'nats' },
      { name: 'egpo/entropy/group_mean', meaning: 'mean signal of its group', unit: 'nats' },
      { name: 'egpo/pos_frac', meaning: 'share of completions with a positive reward' },
      { name: 'egpo/valid_ratio', meaning: 'share of completions whose segment has tokens' },
      { name: 'egpo/enabled', meaning: '1' },
      { name: 'egpo/mode_id', meaning: 'what is done with completions without a positive reward: 0 original, 1 clamp, 2 lock_one' },
    ],
  },
  {
    title: 'EDGE-GRPO (`edge`)',
    metrics: [
      { name: 'edge/w_{mean,std}', meaning: 'weight of a completion’s advantage, over all completions of the step' },
      { name: 'edge/P_mean', meaning: 'mean entropy of a completion’s tokens, averaged over completions', unit: 'nats' },
      { name: 'edge/P_group_mean', meaning: 'the mean of its group, averaged over completions', unit: 'nats' },
      { name: 'edge/enabled', meaning: '1' },
      { name: 'edge/weight_mode_id', meaning: '0 ratio, 1 zscore' },
    ],
  },
  {
    title: 'EntropyRL (`entropyrl`)',
    metrics: [
      { name: 'actor/average_clip_ratio_low', meaning: 'the lower bound of the ratio below 1' },
      { name: 'actor/average_clip_ratio_high', meaning: 'the upper bound of the ratio above 1, mean over tokens' },
      { name: 'actor/overall_chair_i', meaning: 'mean outside score of the completions that have one' },
      { name: 'entropyrl/score_failures', meaning: 'completions without a score', unit: 'completions' },
    ],
  },
  {
    title: 'SEED-GRPO (`seed_grpo`)',
    metrics: [
      { name: 'seed_grpo/semantic_entropy_mean', meaning: 'entropy of a prompt’s answers by their probability, mean over prompts', unit: 'nats' },
      { name: 'seed_grpo/advantage_scale_mean', meaning: 'what the advantages of a prompt are multiplied by, mean over prompts' },
    ],
  },
  {
    title: 'Entropic Resistance (`bald`)',
    metrics: [
      { name: 'epistemic_reward', meaning: 'how far passes with dropout disagree about a completion, mean over completions', unit: 'nats' },
      { name: 'aleatoric_reward', meaning: 'mean entropy of a completion’s tokens, mean over completions', unit: 'nats' },
      { name: 'bald_factor_mean', meaning: 'weight of a completion’s advantage before it is divided by the mean weight' },
      { name: 'reward_quality_mean', meaning: 'how good a completion is beside its group, σ(R − mean); 1 where it does not count' },
    ],
  },
  {
    title: 'MaxEnt-GRPO (`maxent`)',
    metrics: [
      { name: 'weight_entropy', meaning: 'entropy of the targets of a group’s completions, mean over groups', unit: 'nats' },
      { name: 'maxent/listwise_neutral_group_frac', meaning: 'share of groups left alone because their rewards are equal' },
      { name: 'maxent/alpha', meaning: 'weight of the entropy of tokens in force (`token_maxent`)' },
      { name: 'maxent/alpha_multiplier', meaning: 'what the KL of the step before has made of it' },
      { name: 'maxent/policy_entropy_mean', meaning: 'the entropy that is rewarded: mean of the completions’ means, or as `average` says', unit: 'nats' },
      { name: 'maxent/policy_entropy_mean_token', meaning: 'mean entropy over tokens', unit: 'nats' },
      { name: 'maxent/loss_entropy_bonus', meaning: 'what it adds to the loss' },
      { name: 'maxent/tau', meaning: 'temperature of the target after the step, where a controller moves it' },
      { name: 'maxent/beta', meaning: 'tie to the reference after the step, where a controller moves it' },
    ],
  },
  {
    title: 'Other surrogates and selections',
    metrics: [
      { name: 'cispo_clip_ratio', meaning: 'share of tokens whose weight is held at its bound (`cispo`)', from: 'TRL' },
      { name: 'vespo/phi_seq_mean', meaning: 'weight of a completion, mean over completions (`vespo`)', from: 'TRL' },
      { name: 'select/high_entropy_share', meaning: 'share of tokens that learn because the policy was undecided there (`high_entropy`)' },
      { name: 'entropy/kept', meaning: 'mean entropy of the tokens that the entropy bonus acts on', unit: 'nats' },
      { name: 'entropy_control/setpoint', meaning: 'entropy wanted in the step (`entropy_control`)', unit: 'nats' },
      { name: 'entropy_control/actuator', meaning: 'value of what the controller moves, in force in the step' },
      { name: 'entropy_target/surprisal', meaning: 'mean of −log-prob of the sampled tokens, which `entropy_target` of form skywork looks at', unit: 'nats' },
      { name: 'overlong/penalty_mean', meaning: 'what the overlong penalty adds to the reward, mean over completions (`overlong`)' },
      { name: 'overlong/share', meaning: 'share of completions with an overlong penalty' },
      { name: 'rollout_rs_masked_fraction', meaning: 'share of tokens left out for being too far from their sampler', from: 'verl' },
      { name: 'rollout_rs_seq_masked_fraction', meaning: 'share of completions with a token left out for it', from: 'verl' },
    ],
  },
];
