/** Keys of TRL and verl that cannot be read as ours, and what to write in their place. Loaded when something is wrong with a recipe. */

import { aliases } from './alias-table.ts';

const inPrompts = 'Count in prompts: batch.prompts a step, batch.update_prompts an update; batch.micro_tokens is memory only';
const stays = 'The reference stays as it was at the start in this version';
const asList = 'Write a list: reward: [{ use: …, weight: 1 }]';

/** Keys whose meaning differs, or that have no counterpart here. */
export const advice: Readonly<Record<string, string>> = {
  per_device_train_batch_size: inPrompts,
  gradient_accumulation_steps: inPrompts,
  steps_per_generation: inPrompts,
  generation_batch_size: inPrompts,
  'actor_rollout_ref.actor.ppo_micro_batch_size_per_gpu': inPrompts,
  'actor_rollout_ref.actor.use_dynamic_bsz': 'Leave it out: batch.micro_tokens is always dynamic',
  'actor_rollout_ref.actor.k_percent': 'Write algorithm.kl_cov.share: a share, so a hundredth of the percentage',
  'algorithm.kl_ctrl.kl_coef': 'Leave it out: verl takes it with algorithm.use_kl_in_reward: true alone. Write algorithm.kl_coef for a KL term in the loss',
  'actor_rollout_ref.actor.use_kl_loss': 'Leave it out: algorithm.kl_coef is off at 0',
  'actor_rollout_ref.rollout.name': 'Leave it out: sampling runs in the same engine',
  num_train_epochs: 'Write steps',
  'trainer.total_epochs': 'Write steps',
  'trainer.logger': 'Write log.to: [console, jsonl]',
  report_to: 'Write log.to: [console, jsonl]',
  reward_funcs: asList,
  reward_weights: asList,
  dataset_name: 'Write data.train: the path of a .jsonl file',
  sync_ref_model: stays,
  ref_model_sync_steps: stays,
  ref_model_mixup_alpha: stays,
  'ref.sync_every': stays,
  'ref.mix': stays,
  bf16: 'Write model.dtype',
  fp16: 'Write model.dtype',
  use_vllm: 'Leave it out: sampling runs in the same engine',
};

/** Whether a key is one of theirs that we know. */
export function isForeignKey(key: string): boolean {
  return Object.hasOwn(advice, key) || aliases.some((alias) => alias.from === key);
}

/** What to write in place of a key of theirs that has no plain counterpart. */
export function adviceFor(key: string): string | undefined {
  return Object.hasOwn(advice, key) ? `${advice[key]}.` : undefined;
}
