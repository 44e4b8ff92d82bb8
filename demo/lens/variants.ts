/** The variants that the lens and the menus offer, with settings that show on the demo's task. */

import type { AlgorithmOptions, MethodOptions } from '../../src/index.ts';
import type { LensVariant } from './reading.ts';

export interface OfferedVariant extends LensVariant {
  /** What the overrides set, as `createAlgorithm` takes it. */
  readonly options: Partial<AlgorithmOptions> & MethodOptions;
}

/** A variant that is one block of `algorithm`: the block in the words of a recipe, and as the code takes it. */
const block = (
  key: string,
  label: string,
  summary: string,
  values: string,
  options: OfferedVariant['options'],
  ...more: readonly string[]
): OfferedVariant => ({
  key,
  label,
  summary,
  overrides: [`algorithm.${key}={${values}}`, ...more],
  options,
});

export const VARIANTS: readonly OfferedVariant[] = [
  { key: 'grpo', label: 'GRPO', summary: 'Each completion against its group; the ratio to the old policy is clipped.', overrides: [], options: {} },
  block('clip_cov', 'Clip-Cov', 'Leaves a few tokens of high covariance out of the update.', 'share: 0.02, low: 1.03, high: 100', {
    clipCov: { share: 0.02, low: 1.03, high: 100, minCount: 1, logProb: 'current' },
  }),
  block(
    'kl_cov',
    'KL-Cov',
    'Pulls the tokens of largest covariance back to the old policy; no ratio is clipped.',
    'share: 0.1, coef: 1',
    { surrogate: 'plain', klCov: { share: 0.1, coef: 1, minCount: 1, logProb: 'current' } },
    'algorithm.surrogate=plain',
  ),
  {
    key: 'entropy_bonus',
    label: 'Entropy bonus',
    summary: 'Adds the entropy itself to what is maximised.',
    overrides: ['algorithm.entropy_coef=0.03'],
    options: { entropyCoef: 0.03 },
  },
  {
    key: 'clip_higher',
    label: 'Clip-higher',
    summary: 'Raises the upper clip bound, so that improbable tokens can grow.',
    overrides: ['algorithm.clip_high=0.28'],
    options: { clipHigh: 0.28 },
  },
  block('high_entropy', '80/20', 'Learns from the fifth of tokens where the policy was most undecided.', 'share: 0.2', {
    highEntropy: { share: 0.2, denominator: 'all' },
  }),
  block('entropy_shaping', 'Entropy shaping', 'Raises the advantages of tokens where the policy was undecided.', 'alpha: 0.4, kappa: 2', {
    entropyShaping: { alpha: 0.4, kappa: 2 },
  }),
  block('erc', 'Entropy-ratio clip', 'Stops tokens whose entropy has left a band about what it was.', 'low: 0.95, high: 1.05', {
    erc: { low: 0.95, high: 1.05 },
  }),
  block('siren', 'SIREN', 'Holds the entropy of the most undecided tokens near an anchor.', 'coef: 0.05, quantile: 0.8, anchor: 1', {
    siren: { coef: 0.05, quantile: 0.8, anchor: 1 },
  }),
  block('egpo', 'EGPO', 'Weighs completions by how sure each was.', 'signal: entropy, segment: joint', {
    egpo: { signal: 'entropy', segment: 'joint', weightMin: 0.5, weightMax: 2, eps: 1e-6, version: 3, negatives: 'original' },
  }),
  block('edge', 'EDGE', 'Weighs completions by their exact entropy.', 'weight: ratio', {
    edge: { weight: 'ratio', weightMin: 0.5, weightMax: 2, beta: 1, zClip: 3, eps: 1e-6 },
  }),
  block('cispo', 'CISPO', 'Weighs every token by its ratio, held in bounds; no token is stopped.', 'cap: 5', {
    cispo: { cap: 5, floor: 0, clipLow: null, clipHigh: null },
  }),
  block('sapo', 'SAPO', 'A gate that fades as the ratio leaves 1, in place of the clip.', 'tau_positive: 1', { sapo: { tauPositive: 1, tauNegative: 1.05 } }),
  block('dppo', 'DPPO', 'Leaves tokens alone whose probability has moved too far.', 'low: 0.2, high: 0.2', {
    dppo: { divergence: 'tv', low: 0.2, high: 0.2, cap: 20 },
  }),
  block('ce_gppo', 'CE-GPPO', 'A clip that keeps a bounded gradient outside its bounds.', 'low_gain: 0.75, high_gain: 1', {
    ceGppo: { lowGain: 0.75, highGain: 1 },
  }),
  block('vespo', 'VESPO', 'Weighs completions by a function of their ratio that fades on both sides of 1.', 'k_positive: 2', {
    vespo: { kPositive: 2, lambdaPositive: 3, kNegative: 3, lambdaNegative: 2 },
  }),
  {
    key: 'gspo',
    label: 'GSPO',
    summary: 'One ratio for the whole completion, tightly clipped.',
    overrides: ['algorithm.ratio=sequence', 'algorithm.clip_low=3e-4', 'algorithm.clip_high=4e-4', 'algorithm.loss_agg=seq-mean-token-mean'],
    options: { ratio: 'sequence', clipLow: 3e-4, clipHigh: 4e-4, lossAgg: 'seq-mean-token-mean' },
  },
  {
    key: 'dr_grpo',
    label: 'Dr. GRPO',
    summary: 'Without the two divisions that favour long wrong answers and easy prompts.',
    overrides: ['algorithm.advantage_scale=none', 'algorithm.loss_agg=seq-mean-token-sum-norm'],
    options: { advantageScale: 'none', lossAgg: 'seq-mean-token-sum-norm' },
  },
  {
    key: 'rloo',
    label: 'RLOO',
    summary: 'Each completion against the mean of the others in its group.',
    overrides: ['algorithm.advantage_center=leave-one-out', 'algorithm.advantage_scale=none'],
    options: { advantageCenter: 'leave-one-out', advantageScale: 'none' },
  },
  block('maxent', 'MaxEnt', 'Brings the probabilities of a group’s completions to a target distribution.', 'tau: 0.3', {
    maxent: {
      form: 'listwise-ce',
      tau: 0.3,
      beta: 0,
      qTemperature: 2,
      qEps: 1e-6,
      lengthNormRef: true,
      lengthNormPolicy: true,
      skipZeroVariance: true,
      clip: null,
      denominator: 'tau+beta',
      metaControl: null,
      tauControl: null,
      betaControl: null,
    },
  }),
  block('entropy_target', 'Target entropy', 'An entropy bonus whose coefficient chases a target.', 'target: 0.5, step: 0.003, max: 0.1', {
    entropyTarget: { form: 'trl', target: 0.5, step: 0.003, min: 0, max: 0.1, start: 0 },
  }),
  block('bald', 'BALD', 'Explores where passes with dropout disagree.', 'passes: 8', {
    bald: { form: 'additive', passes: 8, dropout: 0.1, positions: 'per_token', coef: 1, aleatoricCoef: 0, exploreCoef: 0.5, cap: 3 },
  }),
];

/** @throws Error for a key that no variant has */
export function variantOf(key: string): OfferedVariant {
  const found = VARIANTS.find((variant) => variant.key === key);
  if (!found) throw new Error(`variant: expected one of ${VARIANTS.map((variant) => variant.key).join(', ')}, got ${key}.`);
  return found;
}
