/** Keeping near a reference policy: a KL term in the loss, or a charge on the reward. */

import { UNBOUNDED, UNCLAMPED } from '../../kernels/stages.ts';
import { klEstimate, type KlEstimator, type KlOptions, klPenalty } from '../../kernels/stages-penalty.ts';
import { DataError } from '../../base/errors.ts';
import type { TokenTables } from '../algorithm.ts';
import type { Draft } from '../draft.ts';

export interface KlTermOptions {
  readonly klEstimator: KlEstimator;
  readonly klClamp: { readonly logRatio: number | null; readonly k3: number | null };
  readonly klBiasCorrection: boolean;
}

function estimatorOf({ klEstimator, klClamp, klBiasCorrection }: KlTermOptions): KlOptions {
  return {
    estimator: klEstimator,
    clampLogRatio: klClamp.logRatio ?? UNCLAMPED,
    clampK3: klClamp.k3 ?? UNBOUNDED,
    biasCorrection: klBiasCorrection,
  };
}

/**
 * loss += coefficient · Σ_i weight_i · Σ_t k(policy, reference), with the aggregation's weights in the draft's row term `kl`
 * (coefficient included).
 *
 * @throws DataError when the mini-batch has no reference log-probs
 * @source Schulman 2020, "Approximating KL divergence"
 */
export function klTerm(draft: Draft, weights: ArrayLike<number>, coefficient: number, options: KlTermOptions): void {
  const { batch } = draft;
  if (!batch.refLogProbs)
    throw new DataError('kl term: expected reference log-probs in the mini-batch, got none. Set algorithm.kl_coef to 0 or load a reference.');
  const sums = draft.sums(1);
  klPenalty(
    draft.device,
    {
      responseMask: batch.responseMask,
      policyLogProbs: batch.policyLogProbs,
      refLogProbs: batch.refLogProbs,
      oldLogProbs: batch.oldLogProbs,
      coefficients: draft.row('kl'),
      byLogProb: draft.byLogProb,
      sums,
    },
    estimatorOf(options),
  );
  draft.addLoss({ column: sums.at, weights, coefficient, isPolicy: false });
  draft.measure((rows) => ({ kl: rows.tokenMean(sums.at), kl_coef: coefficient }));
}

/** Σ_t k(old ‖ reference) of each row: what a KL charge takes from its reward, before the coefficient. */
export function klOfRows(tables: TokenTables, rows: number, options: KlTermOptions): Float64Array {
  const { T, responseMask, oldLogProbs, refLogProbs } = tables;
  if (!refLogProbs) throw new DataError('kl in reward: expected reference log-probs, got none. Load a reference or set algorithm.kl_in_reward to false.');
  const estimator = { ...estimatorOf(options), biasCorrection: false };
  return Float64Array.from({ length: rows }, (_, i) => {
    let sum = 0;
    for (let at = i * T; at < (i + 1) * T; at++) {
      if (responseMask[at] !== 0) sum += klEstimate(refLogProbs[at]! - oldLogProbs[at]!, estimator).value;
    }
    return sum;
  });
}
