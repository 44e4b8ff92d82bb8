/** What the stages of an algorithm share: views into tables, columns of row sums, and the scaling of rows. */

import type { Device } from '../gpu/device.ts';
import { defineKernel, read, update } from '../gpu/kernel.ts';
import type { Tensor } from '../gpu/tensor.ts';

/** Numbers per token inside a tensor: the one of token t of row b is at `offset + b · row + t · column`. */
export interface TableView {
  readonly tensor: Tensor;
  readonly offset: number;
  readonly row: number;
  readonly column: number;
}

/** A [B, T] table as it is. */
export function wholeTable(tensor: Tensor): TableView {
  return { tensor, offset: 0, row: tensor.shape[1] ?? 1, column: 1 };
}

/** Column `index` of a [B, K] tensor: one number per row, the same for all its tokens. */
export function rowColumn(tensor: Tensor, index: number): TableView {
  return { tensor, offset: index, row: tensor.shape[1] ?? 1, column: 0 };
}

/** Sums over the tokens of each row: columns `at`, `at` + 1, … of a [B, S] tensor. */
export interface SumColumns {
  readonly tensor: Tensor;
  readonly at: number;
}

/** Stands for "no clamp" of a log-ratio: e^80 still fits f32. */
export const UNCLAMPED = 80;
/** Stands for "no bound" on a ratio, a value or a slope in f32. */
export const UNBOUNDED = 1e30;

/** table[b, t] ← table[b, t] · weights[b] */
export const scaleRowsKernel = defineKernel({
  name: 'scale-rows',
  shader: 'stage/scale-rows.wgsl',
  bindings: { weights: read('f32'), table: update('f32', 'B', 'T') },
  params: ({ B, T }, { weightsOffset, weightsRow }: { readonly weightsOffset: number; readonly weightsRow: number }) => ({
    B: B!,
    T: T!,
    weightsOffset,
    weightsRow,
  }),
  threads: ({ B, T }) => B! * T!,
  reference({ weights, table }, { B, T }, { weightsOffset, weightsRow }) {
    for (let b = 0; b < B!; b++) {
      for (let t = 0; t < T!; t++) table[b * T! + t]! *= weights[weightsOffset + b * weightsRow]!;
    }
  },
  tolerance: { table: { absolute: 1e-7, relative: 1e-6 } },
});

/** Multiplies every row of a [B, T] table by its own number. */
export function scaleRows(device: Device, table: Tensor, weights: TableView): void {
  device.run(scaleRowsKernel, { weights: weights.tensor, table }, { weightsOffset: weights.offset, weightsRow: weights.row });
}

/** table[b, t] += weights[b] · addend[b, t] */
export const addScaledRowsKernel = defineKernel({
  name: 'add-scaled-rows',
  shader: 'stage/add-scaled-rows.wgsl',
  bindings: { weights: read('f32'), addend: read('f32', 'B', 'T'), table: update('f32', 'B', 'T') },
  params: ({ B, T }, { weightsOffset, weightsRow }: { readonly weightsOffset: number; readonly weightsRow: number }) => ({
    B: B!,
    T: T!,
    weightsOffset,
    weightsRow,
  }),
  threads: ({ B, T }) => B! * T!,
  reference({ weights, addend, table }, { T }, { weightsOffset, weightsRow }) {
    for (let at = 0; at < table.length; at++) table[at]! += weights[weightsOffset + Math.floor(at / T!) * weightsRow]! * addend[at]!;
  },
  tolerance: { table: { absolute: 1e-6, relative: 1e-6 } },
});

/** Adds a [B, T] table to another, every row times its own number. */
export function addScaledRows(device: Device, addend: Tensor, table: Tensor, weights: TableView): void {
  device.run(addScaledRowsKernel, { weights: weights.tensor, addend, table }, { weightsOffset: weights.offset, weightsRow: weights.row });
}

/** product ← product · factor */
export const multiplyTablesKernel = defineKernel({
  name: 'multiply-tables',
  shader: 'stage/multiply-tables.wgsl',
  bindings: { factor: read('f32', 'B', 'T'), product: update('f32', 'B', 'T') },
  params: ({ B, T }) => ({ L: B! * T! }),
  threads: ({ B, T }) => B! * T!,
  reference({ factor, product }) {
    for (let at = 0; at < product.length; at++) product[at]! *= factor[at]!;
  },
  tolerance: { product: { absolute: 1e-7, relative: 1e-6 } },
});

/** Multiplies one [B, T] table into another. */
export function multiplyTables(device: Device, factor: Tensor, product: Tensor): void {
  device.run(multiplyTablesKernel, { factor, product }, {});
}

/** Sums over the valid tokens of each row. */
export const maskedSumsKernel = defineKernel({
  name: 'masked-sums',
  shader: 'stage/masked-sums.wgsl',
  bindings: { responseMask: read('f32', 'B', 'T'), first: read('f32'), second: read('f32'), sums: update('f32', 'B', 'S') },
  params: ({ B, T, S }, options: MaskedSumsOptions) => ({ ...options, B: B!, T: T!, sumsWidth: S! }),
  threads: ({ B }) => B!,
  reference({ responseMask, first, second, sums }, { B, T, S }, o) {
    for (let b = 0; b < B!; b++) {
      const totals = [0, 0];
      for (let t = 0; t < T!; t++) {
        if (responseMask[b * T! + t] === 0) continue;
        totals[0]! += first[o.firstOffset + b * o.firstRow + t * o.firstColumn]!;
        totals[1]! += second[o.secondOffset + b * o.secondRow + t * o.secondColumn]!;
      }
      sums.set(totals, b * S! + o.sumsAt);
    }
  },
  tolerance: { sums: { absolute: 1e-4, relative: 1e-5 } },
});

interface MaskedSumsOptions {
  readonly firstOffset: number;
  readonly firstRow: number;
  readonly firstColumn: number;
  readonly secondOffset: number;
  readonly secondRow: number;
  readonly secondColumn: number;
  readonly sumsAt: number;
}

/** Writes two columns: the sums of two views over each row's valid tokens. */
export function maskedSums(device: Device, responseMask: Tensor, first: TableView, second: TableView, sums: SumColumns): void {
  device.run(
    maskedSumsKernel,
    { responseMask, first: first.tensor, second: second.tensor, sums: sums.tensor },
    {
      firstOffset: first.offset,
      firstRow: first.row,
      firstColumn: first.column,
      secondOffset: second.offset,
      secondRow: second.row,
      secondColumn: second.column,
      sumsAt: sums.at,
    },
  );
}

export const kernels = [scaleRowsKernel, addScaledRowsKernel, multiplyTablesKernel, maskedSumsKernel];
