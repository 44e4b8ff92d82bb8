/**
 * The keys of TRL and verl that mean the same as one of ours, as data; and those that mean something else, with what to write instead.
 *
 * @source TRL 1.10 `GRPOConfig`, verl 0.10 `ppo_trainer` configuration
 */

export interface Alias {
  readonly from: string;
  readonly to: readonly string[];
  /** Their value → ours; absent where values are spelled alike. */
  readonly values?: Readonly<Record<string, string | null>>;
  /** Other values than those listed are taken as they are. */
  readonly isOpen?: boolean;
  /** Their value that says nothing. */
  readonly neutral?: string;
  /** Holds only beside this key of theirs with this value; it goes before the alias of the same key that always holds. */
  readonly beside?: readonly [key: string, value: string];
}

const off = { isOpen: true } as const;

const trl: readonly Alias[] = [
  { from: 'model_name_or_path', to: ['model.path'] },
  { from: 'model_revision', to: ['model.revision'] },
  { from: 'gradient_checkpointing', to: ['model.gradient_checkpointing'] },
  { from: 'shuffle_dataset', to: ['data.shuffle'] },
  { from: 'system_prompt', to: ['data.system_prompt'] },
  { from: 'chat_template_kwargs', to: ['data.chat_template_kwargs'] },
  { from: 'max_prompt_length', to: ['data.max_prompt_length'] },
  { from: 'num_generations', to: ['rollout.n'] },
  { from: 'max_completion_length', to: ['rollout.max_tokens'] },
  { from: 'temperature', to: ['rollout.temperature'] },
  { from: 'top_p', to: ['rollout.top_p'] },
  { from: 'top_k', to: ['rollout.top_k'], values: { '0': null }, ...off },
  { from: 'min_p', to: ['rollout.min_p'] },
  { from: 'repetition_penalty', to: ['rollout.repetition_penalty'] },
  { from: 'num_iterations', to: ['batch.epochs'] },
  { from: 'loss_type', to: ['algorithm.name'], beside: ['loss_type', 'cispo'] },
  { from: 'loss_type', to: ['algorithm.loss_agg'], values: { grpo: 'seq-mean-token-mean', dapo: 'token-mean', dr_grpo: 'seq-mean-token-sum-norm' } },
  { from: 'scale_rewards', to: ['algorithm.advantage_scale'], values: { true: 'group', false: 'none' }, ...off },
  { from: 'epsilon', to: ['algorithm.clip_low', 'algorithm.clip_high'] },
  { from: 'epsilon_high', to: ['algorithm.cispo.cap'], beside: ['loss_type', 'cispo'] },
  { from: 'epsilon_high', to: ['algorithm.clip_high'] },
  { from: 'delta', to: ['algorithm.clip_delta'] },
  { from: 'importance_sampling_level', to: ['algorithm.ratio'] },
  { from: 'beta', to: ['algorithm.kl_coef'] },
  { from: 'entropy_coef', to: ['algorithm.entropy_coef'] },
  { from: 'mask_truncated_completions', to: ['algorithm.mask_truncated'] },
  { from: 'learning_rate', to: ['optim.lr'] },
  { from: 'weight_decay', to: ['optim.weight_decay'] },
  { from: 'max_grad_norm', to: ['optim.max_grad_norm'] },
  { from: 'adam_epsilon', to: ['optim.eps'] },
  { from: 'lr_scheduler_type', to: ['optim.schedule'], values: { constant_with_warmup: 'constant' }, ...off },
  { from: 'warmup_steps', to: ['optim.warmup_steps'] },
  { from: 'max_steps', to: ['steps'] },
  { from: 'save_steps', to: ['checkpoint.every'] },
  { from: 'save_total_limit', to: ['checkpoint.keep_last'] },
  { from: 'resume_from_checkpoint', to: ['resume'], values: { true: 'auto', false: 'never' }, ...off },
  { from: 'eval_steps', to: ['eval.every'] },
  { from: 'eval_on_start', to: ['eval.at_start'] },
  { from: 'output_dir', to: ['run.dir'] },
  { from: 'run_name', to: ['run.name'] },
  { from: 'logging_steps', to: ['log.every'] },
  { from: 'log_completions', to: ['log.completions'] },
];

const klNames = { kl: 'k1', mse: 'k2', low_var_kl: 'k3' } as const;

const verlActor: readonly Alias[] = [
  { from: 'model.path', to: ['model.path'] },
  { from: 'model.enable_gradient_checkpointing', to: ['model.gradient_checkpointing'] },
  { from: 'rollout.n', to: ['rollout.n'] },
  { from: 'rollout.temperature', to: ['rollout.temperature'] },
  { from: 'rollout.top_p', to: ['rollout.top_p'] },
  { from: 'rollout.top_k', to: ['rollout.top_k'], values: { '-1': null }, ...off },
  { from: 'rollout.val_kwargs.temperature', to: ['eval.temperature'] },
  { from: 'rollout.val_kwargs.n', to: ['eval.n'] },
  { from: 'actor.ppo_mini_batch_size', to: ['batch.update_prompts'] },
  { from: 'actor.ppo_epochs', to: ['batch.epochs'] },
  { from: 'actor.ppo_max_token_len_per_gpu', to: ['batch.micro_tokens'] },
  { from: 'actor.loss_agg_mode', to: ['algorithm.loss_agg'] },
  {
    from: 'actor.policy_loss.loss_mode',
    to: ['algorithm.name'],
    values: { gspo: 'gspo', cispo: 'cispo', clip_cov: 'clip_cov', kl_cov: 'kl_cov' },
    neutral: 'vanilla',
  },
  { from: 'actor.policy_loss.clip_cov_ratio', to: ['algorithm.clip_cov.share'] },
  { from: 'actor.policy_loss.clip_cov_lb', to: ['algorithm.clip_cov.low'] },
  { from: 'actor.policy_loss.clip_cov_ub', to: ['algorithm.clip_cov.high'] },
  { from: 'actor.policy_loss.kl_cov_ratio', to: ['algorithm.kl_cov.share'] },
  { from: 'actor.policy_loss.ppo_kl_coef', to: ['algorithm.kl_cov.coef'] },
  { from: 'actor.clip_ratio_low', to: ['algorithm.cispo.clip_low'], beside: ['actor.policy_loss.loss_mode', 'cispo'] },
  { from: 'actor.clip_ratio_high', to: ['algorithm.cispo.clip_high'], beside: ['actor.policy_loss.loss_mode', 'cispo'] },
  { from: 'actor.clip_ratio', to: ['algorithm.clip_low', 'algorithm.clip_high'] },
  { from: 'actor.clip_ratio_low', to: ['algorithm.clip_low'] },
  { from: 'actor.clip_ratio_high', to: ['algorithm.clip_high'] },
  { from: 'actor.clip_ratio_c', to: ['algorithm.clip_dual'] },
  { from: 'actor.kl_loss_coef', to: ['algorithm.kl_coef'] },
  { from: 'actor.kl_loss_type', to: ['algorithm.kl_estimator'], values: klNames, ...off },
  { from: 'actor.entropy_coeff', to: ['algorithm.entropy_coef'] },
  { from: 'actor.grad_clip', to: ['optim.max_grad_norm'] },
  { from: 'actor.optim.lr', to: ['optim.lr'] },
  { from: 'actor.optim.betas', to: ['optim.betas'] },
  { from: 'actor.optim.weight_decay', to: ['optim.weight_decay'] },
  { from: 'actor.optim.clip_grad', to: ['optim.max_grad_norm'] },
  { from: 'actor.optim.lr_scheduler_type', to: ['optim.schedule'] },
  { from: 'actor.optim.lr_warmup_steps', to: ['optim.warmup_steps'] },
];

/** What verl puts actor, rollout and reference under. */
const WORKER = 'actor_rollout_ref';

const verl: readonly Alias[] = [
  { from: 'data.train_files', to: ['data.train'] },
  { from: 'data.val_files', to: ['eval.data'] },
  { from: 'data.reward_fn_key', to: ['data.source_key'] },
  { from: 'data.filter_overlong_prompts', to: ['data.overlong'], values: { true: 'filter', false: 'error' } },
  { from: 'data.truncation', to: ['data.overlong'] },
  { from: 'data.apply_chat_template_kwargs', to: ['data.chat_template_kwargs'] },
  { from: 'data.seed', to: ['seed'] },
  { from: 'data.train_batch_size', to: ['batch.prompts'] },
  { from: 'data.max_response_length', to: ['rollout.max_tokens'] },
  { from: 'algorithm.adv_estimator', to: ['algorithm.name'], values: { rloo: 'rloo' }, neutral: 'grpo' },
  { from: 'algorithm.norm_adv_by_std_in_grpo', to: ['algorithm.advantage_scale'], values: { true: 'group', false: 'none' } },
  { from: 'algorithm.use_kl_in_reward', to: ['algorithm.kl_in_reward'] },
  { from: 'algorithm.kl_ctrl.kl_coef', to: ['algorithm.kl_coef'], beside: ['algorithm.use_kl_in_reward', 'true'] },
  { from: 'algorithm.kl_penalty', to: ['algorithm.kl_estimator'], values: klNames, ...off },
  { from: 'trainer.total_training_steps', to: ['steps'] },
  { from: 'trainer.save_freq', to: ['checkpoint.every'], values: { '-1': null }, ...off },
  { from: 'trainer.max_actor_ckpt_to_keep', to: ['checkpoint.keep_last'] },
  { from: 'trainer.resume_mode', to: ['resume'], values: { auto: 'auto', disable: 'never' } },
  { from: 'trainer.resume_from_path', to: ['resume'] },
  { from: 'trainer.test_freq', to: ['eval.every'], values: { '-1': null }, ...off },
  { from: 'trainer.val_before_train', to: ['eval.at_start'] },
  { from: 'trainer.default_local_dir', to: ['run.dir'] },
  { from: 'trainer.project_name', to: ['run.project'] },
  { from: 'trainer.experiment_name', to: ['run.name'] },
  ...verlActor.map(({ beside, ...alias }) => ({
    ...alias,
    from: `${WORKER}.${alias.from}`,
    ...(beside && { beside: [`${WORKER}.${beside[0]}`, beside[1]] as const }),
  })),
  ...verlActor.filter(({ from }) => from.startsWith('actor.')),
];

/** Wide names come before the narrow ones that refine them (`epsilon` before `epsilon_high`). */
export const aliases: readonly Alias[] = [...trl, ...verl];
