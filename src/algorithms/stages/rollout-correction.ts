/** Correction for tokens sampled by a policy that is not quite the trainer's old one. */

import { DataError } from '../../base/errors.ts';
import { rolloutWeights, type RolloutWeightOptions } from '../../kernels/stages-rollout.ts';
import { scaleRows, type TableView } from '../../kernels/stages.ts';
import type { Draft } from '../draft.ts';

export interface CorrectionPlan {
  /** Sets the policy as it stands against the sampler, not the old one. The weights are constants of the slope all the same. */
  readonly isCurrent?: boolean;
  /** What the weights of each row are multiplied by; metrics are of the weights before it. */
  readonly scale?: TableView;
}

/**
 * Multiplies the policy term by the importance weight of old policy to sampler.
 *
 *   x = oldLogProb − rolloutLogProb, of the token or summed over the row        w = e^x, held in [low, high] or 0 outside
 *
 * @source TIS: Yao et al. 2025, "Your efficient RL framework secretly brings you off-policy RL training"; IcePop: Ling team 2025
 */
export function correctForSampler(draft: Draft, options: RolloutWeightOptions, { isCurrent = false, scale }: CorrectionPlan = {}): void {
  const { responseMask, oldLogProbs, policyLogProbs, rolloutLogProbs } = draft.batch;
  if (!rolloutLogProbs)
    throw new DataError('rollout_correction: expected the log-probs of the sampler in the mini-batch, got none. Set algorithm.rollout_correction.mode to off.');
  const weights = draft.table('rollout-weights');
  const sums = draft.sums(4);
  rolloutWeights(draft.device, { responseMask, oldLogProbs: isCurrent ? policyLogProbs : oldLogProbs, rolloutLogProbs, weights, sums }, options);
  if (scale) scaleRows(draft.device, weights, scale);
  draft.samplerWeights = weights;
  draft.measure((rows) => {
    const mean = rows.tokenMean(sums.at);
    return {
      'rollout_corr/rollout_is_mean': mean,
      'rollout_corr/rollout_is_ratio_fraction_high': rows.tokenMean(sums.at + 1),
      'rollout_corr/rollout_is_ratio_fraction_low': rows.tokenMean(sums.at + 2),
      'rollout_corr/rollout_is_eff_sample_size': mean === 0 ? 0 : mean ** 2 / rows.tokenMean(sums.at + 3),
    };
  });
}
