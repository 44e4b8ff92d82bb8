/** Every preset on the default task: what its published numbers become at that size, and the metric that says whether it acted in a step. */

import type { PresetName } from '../../src/recipe/presets.ts';
import type { Actuator } from '../../scripts/compare/variants.ts';

export interface PresetRun extends Actuator {
  /** Options scaled to some 670 tokens and 64 completions an update, where the published ones are for a thousand times as many. */
  readonly overrides?: readonly string[];
}

/** Completions of a group in make-the-number.yaml: a target that tells none of them apart has the entropy ln 8. */
const GROUP_SIZE = 8;

const clipCov: PresetRun = { overrides: ['algorithm.clip_cov={"share":0.02,"low":1.03,"high":100}'], actuator: 'select/dropped_share' };

export const PRESET_RUNS: Readonly<Record<PresetName, PresetRun>> = {
  grpo: { actuator: 'clip_ratio/region_mean' },
  dr_grpo: { actuator: 'advantages/max' },
  dapo: { overrides: ['algorithm.overlong={"buffer":6}'], actuator: 'overlong/share' },
  clip_higher: { actuator: 'clip_ratio/high_mean' },
  rloo: { actuator: 'advantages/max' },
  gspo: { actuator: 'clip_ratio/region_mean' },
  cispo: { overrides: ['algorithm.cispo={"cap":1.2}'], actuator: 'cispo_clip_ratio' },
  reinforce_pp: { actuator: 'advantages/max' },
  clip_cov: clipCov,
  clip_cov_32b: clipCov,
  kl_cov: { overrides: ['algorithm.kl_cov={"share":0.1}'], actuator: 'select/pulled_share' },
  kl_cov_32b: { overrides: ['algorithm.kl_cov={"share":0.01}'], actuator: 'select/pulled_share' },
  egpo: { actuator: 'egpo/weight/std' },
  maxent: { actuator: 'weight_entropy', acted: (value) => value < Math.log(GROUP_SIZE) - 1e-6 },
  entropic_resistance: { overrides: ['algorithm.bald={"coef":2}'], actuator: 'epistemic_reward' },
  entropyrl: {
    overrides: [
      'reward=[{"use":"make_the_number"},{"use":"examples/rewards/few-digits.ts:fewDigits","weight":0}]',
      'algorithm.entropyrl={"score":"examples/rewards/few-digits.ts:fewDigits","threshold":0.5}',
    ],
    actuator: 'actor/average_clip_ratio_high',
    acted: (value) => value > 0.3 + 1e-6,
  },
};
