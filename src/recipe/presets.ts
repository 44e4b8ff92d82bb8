/**
 * What `algorithm.name` sets, as data. A key written in the recipe wins over its preset.
 *
 * @source The papers' recipes as verl runs them, each method's as its file under src/algorithms names it; Yu et al. 2025 (DAPO), arXiv:2503.14476; Liu et al. 2025 (Dr. GRPO), arXiv:2503.20783;
 *         Zheng et al. 2025 (GSPO), arXiv:2507.18071
 */

export interface Preset {
  readonly name: string;
  readonly summary: string;
  /** Recipe keys, nested as in a file. */
  readonly values: { readonly [block: string]: { readonly [key: string]: unknown } };
  /** Where this preset does less than its source. */
  readonly departs?: string;
}

const verlGrpo = {
  advantage: 'grpo',
  advantage_center: 'mean',
  advantage_scale: 'group',
  advantage_eps: 1e-6,
  loss_agg: 'token-mean',
  surrogate: 'clip',
  clip_low: 0.2,
  clip_high: 0.2,
  clip_dual: 3,
  ratio: 'token',
  kl_coef: 0,
  entropy_coef: 0,
  mask_truncated: false,
} as const;

/** DAPO's dynamic sampling: groups of equal rewards are sampled again. */
const filtered = { enable: true, metric: null, max_gen_batches: 10 } as const;
/** No ratio is held: `clip_low` and `clip_high` are not read. */
const unclipped = { ...verlGrpo, surrogate: 'plain', clip_dual: null } as const;
const clipCov = { ...verlGrpo, clip_low: 1, clip_high: 1, clip_dual: null, filter_groups: filtered, clip_cov: { share: 2e-4, low: 1, high: 5 } } as const;
const klCov = { ...unclipped, filter_groups: filtered } as const;

/** All presets of `algorithm.name`. */
export const presets = [
  {
    name: 'grpo',
    summary: "group-normalised advantage, clipped token ratio, token mean (verl's GRPO)",
    values: { algorithm: verlGrpo },
  },
  {
    name: 'dr_grpo',
    summary: 'GRPO without the two divisions that favour long wrong answers and easy prompts',
    values: { algorithm: { ...verlGrpo, advantage_scale: 'none', loss_agg: 'seq-mean-token-sum-norm' } },
  },
  {
    name: 'dapo',
    summary: 'the upper clip bound raised, token mean, wide dual clip, groups of equal rewards sampled again, overlong completions paid less',
    values: { algorithm: { ...verlGrpo, clip_high: 0.28, clip_dual: 10, filter_groups: filtered, overlong: { buffer: null, factor: 1 } } },
  },
  {
    name: 'clip_higher',
    summary: 'GRPO with the upper clip bound raised, so that improbable tokens can grow',
    values: { algorithm: { ...verlGrpo, clip_high: 0.28 } },
  },
  {
    name: 'rloo',
    summary: 'each completion against the mean of the others in its group',
    values: { algorithm: { ...verlGrpo, advantage: 'rloo', advantage_scale: 'none' } },
  },
  {
    name: 'gspo',
    summary: 'one ratio for the whole completion, tightly clipped; wants two or more updates a step',
    values: {
      algorithm: { ...verlGrpo, clip_low: 3e-4, clip_high: 4e-4, clip_dual: null, ratio: 'sequence', loss_agg: 'seq-mean-token-mean' },
    },
  },
  {
    name: 'cispo',
    summary: 'every token keeps its gradient, weighed by a capped ratio',
    values: { algorithm: { ...unclipped, cispo: { cap: 5, floor: 0 } } },
  },
  {
    name: 'reinforce_pp',
    summary: 'returns whitened over the tokens of the batch, no groups needed; rollout.n may be 1',
    values: { algorithm: { ...verlGrpo, advantage: 'reinforce_pp', advantage_scale: 'none', discount: 1 } },
  },
  {
    name: 'clip_cov',
    summary: 'a few tokens of high covariance left out of the update, so that entropy lasts (7B recipe)',
    values: { algorithm: clipCov, optim: { lr: 5e-7, weight_decay: 0 } },
  },
  {
    name: 'clip_cov_32b',
    summary: 'the same with the learning rate of the 32B recipe',
    values: { algorithm: clipCov, optim: { lr: 1e-6, weight_decay: 0 } },
  },
  {
    name: 'kl_cov',
    summary: 'tokens of largest covariance pulled back to the old policy; wants two or more updates a step (7B recipe)',
    values: { algorithm: { ...klCov, kl_cov: { share: 2e-3, coef: 1 } }, optim: { lr: 5e-7, weight_decay: 0 } },
  },
  {
    name: 'kl_cov_32b',
    summary: 'the same with the share and learning rate of the 32B recipe',
    values: { algorithm: { ...klCov, kl_cov: { share: 2e-4, coef: 1 } }, optim: { lr: 1e-6, weight_decay: 0 } },
  },
  {
    name: 'egpo',
    summary: 'completions that were surer than their group weigh more',
    values: { algorithm: { ...verlGrpo, egpo: {} } },
  },
  {
    name: 'maxent',
    summary: 'the probabilities of a group brought to a target made of its rewards',
    values: {
      algorithm: {
        ...unclipped,
        maxent: {
          form: 'listwise-ce',
          tau: 0.3,
          beta: 0,
          q_temperature: 2,
          q_eps: 1e-6,
          length_norm_ref: true,
          length_norm_policy: true,
          skip_zero_variance: true,
        },
      },
    },
  },
  {
    name: 'entropic_resistance',
    summary: 'a bonus for completions on which passes with dropout disagree (BALD), and a KL to the reference',
    values: {
      algorithm: {
        ...unclipped,
        surrogate: 'pg',
        advantage_eps: 1e-4,
        loss_agg: 'seq-mean-token-mean',
        kl_coef: 0.04,
        bald: { form: 'additive', passes: 8, dropout: 0.1, positions: 'per_token', coef: 1 },
      },
    },
  },
  {
    name: 'entropyrl',
    summary: 'the upper clip bound of a completion set by an outside score: a reward of that name, often with weight 0',
    values: { algorithm: { ...verlGrpo, kl_coef: 0.01, entropyrl: { rule: 'step', threshold: 1e-4, low: 0.3, high: 0.5 } } },
  },
] as const satisfies readonly Preset[];

export const presetNames = presets.map((preset) => preset.name);
export type PresetName = (typeof presets)[number]['name'];

/** The preset of a name, if there is one. */
export function presetNamed(name: unknown): Preset | undefined {
  return presets.find((preset) => preset.name === name);
}
