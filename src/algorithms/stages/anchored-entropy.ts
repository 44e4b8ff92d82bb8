/** Entropy held near an anchor where the policy is most undecided. */

import { maskedSums, wholeTable } from '../../kernels/stages.ts';
import { anchoredEntropy } from '../../kernels/stages-entropy.ts';
import type { Tensor } from '../../gpu/tensor.ts';
import type { Draft } from '../draft.ts';

/**
 * loss += coefficient · (h − anchor)², h the mean over rows of the mean entropy of the row's kept tokens. Writes `byEntropy`: stands in
 * place of the bonus.
 *
 * @source Jiang et al. 2025 (SIREN), arXiv:2509.25133
 */
export function anchoredEntropyTerm(
  draft: Draft,
  keep: Tensor,
  { rowCount, anchor, coefficient }: { readonly rowCount: number; readonly anchor: number; readonly coefficient: number },
): void {
  const sums = draft.sums(2);
  maskedSums(draft.device, keep, wholeTable(keep), wholeTable(draft.batch.entropies), sums);
  anchoredEntropy(draft.device, { keep, sums, byEntropy: draft.byEntropy }, { rowCount, anchor, coefficient });
  draft.addHostLoss((rows) => coefficient * (peakEntropy(rows.lengths, (b, column) => rows.of(b, sums.at + column), rowCount) - anchor) ** 2);
  draft.measure((rows) => ({ peak_entropy: peakEntropy(rows.lengths, (b, column) => rows.of(b, sums.at + column), rowCount) }));
}

function peakEntropy(rows: ArrayLike<number>, sumOf: (b: number, column: number) => number, rowCount: number): number {
  let total = 0;
  for (let b = 0; b < rows.length; b++) if (sumOf(b, 0) > 0) total += sumOf(b, 1) / sumOf(b, 0);
  return total / rowCount;
}
