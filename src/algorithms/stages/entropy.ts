/** The entropy of the policy: measured in every update, and rewarded where a coefficient says so. */

import { entropyBonus } from '../../kernels/stages-penalty.ts';
import type { Draft } from '../draft.ts';

/**
 * loss −= coefficient · Σ_i weight_i · Σ_t H, over the draft's `bonusKeep` where it is set; −coefficient · weight stands in
 * the draft's row term `entropy`. With coefficient 0 it only measures.
 */
export function entropyTerm(draft: Draft, weights: ArrayLike<number>, coefficient: number): void {
  const { batch } = draft;
  const sums = draft.sums(2);
  entropyBonus(draft.device, {
    responseMask: batch.responseMask,
    entropies: batch.entropies,
    coefficients: draft.row('entropy'),
    keep: draft.bonusKeep,
    byEntropy: draft.byEntropy,
    sums,
  });
  draft.addLoss({ column: sums.at + 1, weights, coefficient: -coefficient, isPolicy: false });
  draft.measure((rows) => ({ entropy: rows.tokenMean(sums.at), entropy_coef: coefficient }));
  if (draft.bonusKeep && draft.bonusCount) {
    const { bonusCount } = draft;
    draft.measure((rows) => ({ 'entropy/kept': rows.total(sums.at + 1) / Math.max(1, rows.total(bonusCount.at)) }));
  }
}
