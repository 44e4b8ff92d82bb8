/** What "Train it here" trains: recipes of the built-in task, as text that a person may read and change. */

/** A task of the menu. */
export interface TaskChoice {
  readonly key: string;
  readonly label: string;
  readonly recipeText: string;
}

/** Where the policy lies that comes with the page. */
export const BUILT_IN_POLICY = 'models/make-the-number';

/** What lies there: nothing is asked for that does not. */
export const POLICY_FILES = ['config.json', 'generation_config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'] as const;

/** A learning rate under which entropy collapses within a hundred steps, as in the recorded pair. */
const BASE = `# Make the number: a sum of digits that equals the target and contains the required ones.
recipe_version: 1
steps: 90
model: { path: ${BUILT_IN_POLICY} }
data: { task: make_the_number }
rollout: { n: 8, max_tokens: 14, temperature: 1 }
batch: { prompts: 32, update_prompts: 8 }
reward:
  - use: make_the_number
algorithm: { name: grpo, clip_dual: null }
optim: { lr: 4e-4, betas: [0.9, 0.95], weight_decay: 0, warmup_steps: 3, max_grad_norm: 1 }
ref: { measure_kl: true }
eval: { data: heldout, every: 15, n: 8, k: 8, temperature: 1 }
checkpoint: { every: 30 }
`;

export const TASKS: readonly TaskChoice[] = [
  { key: 'make-the-number', label: 'Make the number', recipeText: BASE },
  {
    key: 'each-digit-once',
    label: 'Each digit once',
    recipeText: BASE.replace(
      'data: { task: make_the_number }',
      'data: { task: make_the_number, make_the_number: { each_digit_once: true, targets: [5, 34] } }',
    ).replace('# Make the number:', '# Make the number, each digit at most once:'),
  },
  { key: 'gentle', label: 'Gentle: lr 2e-4', recipeText: BASE.replace('lr: 4e-4', 'lr: 2e-4') },
  { key: 'long', label: 'Long: 240 steps, as recorded', recipeText: BASE.replace('steps: 90', 'steps: 240') },
  {
    key: 'small',
    label: 'Small steps, for slow machines',
    recipeText: BASE.replace('prompts: 32, update_prompts: 8', 'prompts: 8, update_prompts: 4').replace('every: 15, n: 8', 'every: 15, limit: 32, n: 8'),
  },
];

export function taskNamed(key: string): TaskChoice {
  return TASKS.find((task) => task.key === key) ?? TASKS[0]!;
}
