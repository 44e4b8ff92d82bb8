/**
 * What older releases computed inside each micro-batch, so that memory changed the result. Only `compat` flags lead here.
 *
 * @source PRIME-RL/Entropy-Mechanism-of-RL and verl up to January 2026; the defect: verl issue 7829
 */

import { DataError } from '../../base/errors.ts';
import type { Tensor } from '../../gpu/tensor.ts';
import { addScaledRows, scaleRows } from '../../kernels/stages.ts';
import type { MiniBatch } from '../algorithm.ts';
import type { Draft } from '../draft.ts';

type Counts = Pick<MiniBatch, 'lengths' | 'tokenCount' | 'rowCount'>;

function microRowsOf({ microRows }: MiniBatch): readonly (readonly number[])[] {
  if (!microRows) throw new DataError('compat scope micro: expected the rows of each micro-batch, got none. The flag needs `microRows`.');
  return microRows;
}

function countsOf(rows: readonly number[], { lengths }: MiniBatch): Counts {
  const own = Uint32Array.from(rows, (row) => lengths[row]!);
  return { lengths: own, tokenCount: own.reduce((sum, length) => sum + length, 0), rowCount: own.filter((length) => length > 0).length };
}

/** Aggregation weights of each micro-batch by itself, times its share of the rows. */
export function microWeights(batch: MiniBatch, weightsOf: (counts: Counts) => Float64Array): Float64Array {
  const weights = new Float64Array(batch.B);
  for (const rows of microRowsOf(batch)) {
    weightsOf(countsOf(rows, batch)).forEach((weight, index) => (weights[rows[index]!] = (weight * rows.length) / batch.B));
  }
  return weights;
}

/** A micro-batch while something is selected in it. */
export interface MicroBlock {
  /** The mask, 0 outside its rows. */
  readonly responseMask: Tensor;
  readonly tokenCount: number;
  /** The row term that is 1 in its rows. */
  readonly rows: string;
  /** The row term that holds how many tokens to select. */
  readonly count: string;
}

/** The row terms that `overMicroBatches` reads: which rows are of a micro-batch, and how many of its tokens are selected. */
export function microColumns(batch: MiniBatch, budget: (tokens: number) => number): Record<string, Float64Array> {
  const blocks = microRowsOf(batch).flatMap((rows, i) => {
    const count = budget(countsOf(rows, batch).tokenCount);
    return [
      [`micro${i}`, Float64Array.from({ length: batch.B }, (_, b) => (rows.includes(b) ? 1 : 0))],
      [`microCount${i}`, new Float64Array(batch.B).fill(count)],
    ] as const;
  });
  return Object.fromEntries(blocks);
}

/** A table made of what `select` makes of each micro-batch: from each the rows that are its own. */
export function overMicroBatches(draft: Draft, name: string, select: (block: MicroBlock) => Tensor): Tensor {
  const { batch, device } = draft;
  const [all, responseMask] = [draft.table(name), draft.table('micro-mask')];
  device.clear(all);
  microRowsOf(batch).forEach((rows, i) => {
    const { tokenCount } = countsOf(rows, batch);
    if (tokenCount === 0) return;
    device.copy(batch.responseMask, responseMask);
    scaleRows(device, responseMask, draft.row(`micro${i}`));
    addScaledRows(device, select({ responseMask, tokenCount, rows: `micro${i}`, count: `microCount${i}` }), all, draft.row(`micro${i}`));
  });
  return all;
}
