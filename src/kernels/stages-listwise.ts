/** Kernels over whole completions: the softmax of a group moved to its target, and KL on sequence log-probs. */

import type { Device } from '../gpu/device.ts';
import { defineKernel, read, update, write } from '../gpu/kernel.ts';
import type { Tensor } from '../gpu/tensor.ts';
import type { SumColumns, TableView } from './stages.ts';

interface ListwiseOptions {
  readonly rowsOffset: number;
  readonly rowsRow: number;
  readonly means: number;
  readonly sumsAt: number;
}

/** byLogProb = softmax over the group − target, divided by the row's tokens where scores are means. */
export const listwiseSlopesKernel = defineKernel({
  name: 'listwise-slopes',
  shader: 'stage/listwise-slopes.wgsl',
  bindings: { responseMask: read('f32', 'B', 'T'), sums: read('f32', 'B', 'S'), rows: read('f32'), byLogProb: write('f32', 'B', 'T') },
  params: ({ B, T, S }, options: ListwiseOptions) => ({ ...options, B: B!, T: T!, sumsWidth: S! }),
  threads: ({ B }) => B!,
  reference({ responseMask, sums, rows, byLogProb }, { B, T, S }, { rowsOffset, rowsRow, means, sumsAt }) {
    const column = (b: number, index: number): number => rows[rowsOffset + b * rowsRow + index]!;
    const all = Array.from({ length: B! }, (_, b) => b);
    const scores = all.map((b) => sums[b * S! + sumsAt]! / (means ? Math.max(1, column(b, 2)) : 1));
    for (const b of all) {
      const peers = all.filter((other) => column(other, 0) === column(b, 0) && column(other, 3) !== 0);
      const highest = peers.reduce((best, other) => Math.max(best, scores[other]!), -1e30);
      const mass = peers.reduce((sum, other) => sum + Math.exp(scores[other]! - highest), 0);
      const slope = column(b, 3) === 0 ? 0 : Math.exp(scores[b]! - highest) / mass - column(b, 1);
      for (let at = b * T!; at < (b + 1) * T!; at++) {
        byLogProb[at] = responseMask[at] === 0 ? 0 : slope / (means ? Math.max(1, column(b, 2)) : 1);
      }
    }
  },
  tolerance: { byLogProb: { absolute: 1e-5, relative: 1e-4 } },
});

export interface ListwiseTables {
  readonly responseMask: Tensor;
  /** One column: Σ_t logProb of each row. */
  readonly sums: SumColumns;
  /** Columns group id, target, length, takesPart, side by side; the view of the first. */
  readonly rows: TableView;
  readonly byLogProb: Tensor;
}

export function listwiseSlopes(device: Device, { rows, sums, ...tables }: ListwiseTables, scores: 'sum' | 'mean'): void {
  device.run(
    listwiseSlopesKernel,
    { ...tables, sums: sums.tensor, rows: rows.tensor },
    {
      rowsOffset: rows.offset,
      rowsRow: rows.row,
      means: scores === 'mean' ? 1 : 0,
      sumsAt: sums.at,
    },
  );
}

interface SequenceKlOptions {
  readonly rowsOffset: number;
  readonly rowsRow: number;
  readonly clampLogRatio: number;
  readonly sumsAt: number;
}

/** byLogProb += coefficient · (1 − e^x), x the mean log-ratio of reference to policy. */
export const sequenceKlKernel = defineKernel({
  name: 'sequence-kl',
  shader: 'stage/sequence-kl.wgsl',
  bindings: { responseMask: read('f32', 'B', 'T'), sums: read('f32', 'B', 'S'), rows: read('f32'), byLogProb: update('f32', 'B', 'T') },
  params: ({ B, T, S }, options: SequenceKlOptions) => ({ ...options, B: B!, T: T!, sumsWidth: S! }),
  threads: ({ B }) => B!,
  reference({ responseMask, sums, rows, byLogProb }, { B, T, S }, { rowsOffset, rowsRow, clampLogRatio, sumsAt }) {
    for (let b = 0; b < B!; b++) {
      const column = rowsOffset + b * rowsRow;
      const x = (sums[b * S! + sumsAt + 1]! - sums[b * S! + sumsAt]!) / Math.max(1, rows[column + 1]!);
      const slope = Math.abs(x) <= clampLogRatio ? rows[column]! * (1 - Math.exp(x)) : 0;
      for (let at = b * T!; at < (b + 1) * T!; at++) if (responseMask[at] !== 0) byLogProb[at]! += slope;
    }
  },
  tolerance: { byLogProb: { absolute: 1e-5, relative: 1e-4 } },
});

export interface SequenceKlTables {
  readonly responseMask: Tensor;
  /** Two columns: Σ_t logProb and Σ_t refLogProb of each row. */
  readonly sums: SumColumns;
  /** Columns coefficient and length, side by side; the view of the first. */
  readonly rows: TableView;
  readonly byLogProb: Tensor;
}

export function sequenceKl(device: Device, { rows, sums, ...tables }: SequenceKlTables, clampLogRatio: number): void {
  device.run(
    sequenceKlKernel,
    { ...tables, sums: sums.tensor, rows: rows.tensor },
    { rowsOffset: rows.offset, rowsRow: rows.row, clampLogRatio, sumsAt: sums.at },
  );
}

export const kernels = [listwiseSlopesKernel, sequenceKlKernel];
