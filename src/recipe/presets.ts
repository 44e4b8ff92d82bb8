/**
 * What `algorithm.name` sets, as data. A key written in the recipe wins over its preset.
 *
 * @source The papers' recipes as verl runs them; Yu et al. 2025 (DAPO), arXiv:2503.14476; Liu et al. 2025 (Dr. GRPO), arXiv:2503.20783;
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
    summary: 'the upper clip bound raised, token mean, wide dual clip',
    values: { algorithm: { ...verlGrpo, clip_high: 0.28, clip_dual: 10 } },
    departs: 'the paper also resamples groups of equal rewards and pays a penalty for overlong completions; this preset sets neither',
  },
  {
    name: 'clip_higher',
    summary: 'GRPO with the upper clip bound raised, so that improbable tokens can grow',
    values: { algorithm: { ...verlGrpo, clip_high: 0.28 } },
  },
  {
    name: 'rloo',
    summary: 'each completion against the mean of the others in its group',
    values: { algorithm: { ...verlGrpo, advantage_center: 'leave-one-out', advantage_scale: 'none' } },
  },
  {
    name: 'gspo',
    summary: 'one ratio for the whole completion, tightly clipped; wants two or more updates a step',
    values: {
      algorithm: { ...verlGrpo, clip_low: 3e-4, clip_high: 4e-4, clip_dual: null, ratio: 'sequence', loss_agg: 'seq-mean-token-mean' },
    },
  },
] as const satisfies readonly Preset[];

export const presetNames = presets.map((preset) => preset.name);
export type PresetName = (typeof presets)[number]['name'];

/** The preset of a name, if there is one. */
export function presetNamed(name: unknown): Preset | undefined {
  return presets.find((preset) => preset.name === name);
}
