/** Entropy read as a signal about tokens: it shapes their advantages, or stops those where it has changed too much. */

import { DataError } from '../../base/errors.ts';
import type { Tensor } from '../../gpu/tensor.ts';
import { wholeTable } from '../../kernels/stages.ts';
import { entropyRatioGate, entropyShaped } from '../../kernels/stages-entropy.ts';
import type { Draft } from '../draft.ts';

/**
 * From here on the draft's advantages are A + min(alpha · H, |A| / kappa). H is a constant of the slope.
 *
 * @source Cheng et al. 2025, "Reasoning with exploration: an entropy perspective", arXiv:2506.14758
 */
export function shapeByEntropy(draft: Draft, entropies: Tensor, options: { readonly alpha: number; readonly kappa: number }): Tensor {
  const shaped = draft.table('shaped-advantages');
  entropyShaped(draft.device, { responseMask: draft.batch.responseMask, entropies, advantages: draft.advantages, shaped }, options);
  draft.advantages = wholeTable(shaped);
  return shaped;
}

/**
 * Stops the slope of tokens whose entropy is no longer within (low, high) times what it was when they were sampled; their value stays.
 *
 * @throws DataError when the mini-batch has no old entropies
 * @source Su et al. 2025 (entropy ratio clipping), arXiv:2512.05591
 */
export function gateByEntropyRatio(draft: Draft, low: number, high: number): Tensor {
  const { responseMask, entropies, oldEntropies } = draft.batch;
  if (!oldEntropies)
    throw new DataError('entropy ratio: expected the entropies at sampling time in the mini-batch, got none. The method needs `oldEntropies`.');
  const inside = draft.table('inside-band');
  const sums = draft.sums(1);
  entropyRatioGate(draft.device, { responseMask, entropies, oldEntropies, inside, byLogProb: draft.byLogProb, sums }, { low, high });
  draft.measure((rows) => ({ 'select/entropy_ratio_share': rows.tokenMean(sums.at) }));
  return inside;
}
