/** A pull back to the old policy on chosen tokens. */

import type { Tensor } from '../../gpu/tensor.ts';
import { pullToOld } from '../../kernels/stages-covariance.ts';
import type { Draft } from '../draft.ts';

/** loss += coefficient · Σ chosen · |logProb − oldLogProb|, before aggregation: part of the policy term. */
export function pullPenalty(draft: Draft, chosen: Tensor, coefficient: number): void {
  const { policyLogProbs, oldLogProbs } = draft.batch;
  const sums = draft.sums(2);
  pullToOld(draft.device, { policyLogProbs, oldLogProbs, chosen, byLogProb: draft.byLogProb, sums }, coefficient);
  draft.addPolicyLoss(sums.at, { coefficient });
  draft.measure((rows) => ({ 'select/pulled_share': rows.tokenMean(sums.at + 1) }));
}
