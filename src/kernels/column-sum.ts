/** Sums over the rows of a table: the gradient of a bias, and the second half of other sums over rows. */

import type { Device } from '../gpu/device.ts';
import { defineKernel, read, update, write } from '../gpu/kernel.ts';
import type { Tensor } from '../gpu/tensor.ts';
import { expectLength, expectRows, type RowsView } from './rows.ts';

/** Rows that one lane sums. A constant, so that the order of a sum never depends on the adapter. */
export const ROWS_PER_BLOCK = 64;

/** Blocks that so many rows make. */
export function blocksOf(rows: number): number {
  return Math.ceil(rows / ROWS_PER_BLOCK);
}

/** Elements of scratch that `columnSum` needs. */
export function columnSumScratch(count: number, width: number): number {
  return blocksOf(count) * width;
}

export interface ColumnPartialsOptions {
  readonly count: number;
  readonly width: number;
  readonly sourceOffset: number;
  readonly sourceStride: number;
}

/** sums[b, c] = Σ source[r, c] over the rows of block b */
export const columnPartials = defineKernel({
  name: 'column-partials',
  shader: 'rows/column-partials.wgsl',
  bindings: { source: read('f32'), sums: write('f32') },
  params: (_, options: ColumnPartialsOptions) => ({ ...options }),
  constants: () => ({ BLOCK: ROWS_PER_BLOCK }),
  threads: (_, { count, width }) => blocksOf(count) * width,
  tolerance: { sums: { absolute: 1e-5, relative: 1e-5 } },
  reference({ source, sums }, _, { count, width, sourceOffset, sourceStride }) {
    sums.fill(0, 0, blocksOf(count) * width);
    for (let row = 0; row < count; row++) {
      const place = Math.floor(row / ROWS_PER_BLOCK) * width;
      for (let c = 0; c < width; c++) sums[place + c]! += source[sourceOffset + row * sourceStride + c]!;
    }
  },
});

export interface ColumnTotalOptions {
  readonly blocks: number;
  readonly width: number;
}

const total = {
  bindings: { sums: read('f32'), out: update('f32') },
  params: (_: unknown, options: ColumnTotalOptions) => ({ ...options }),
  tolerance: { out: { absolute: 1e-5, relative: 1e-5 } },
  reference({ sums, out }: { readonly sums: Float64Array; readonly out: Float64Array }, _: unknown, { blocks, width }: ColumnTotalOptions): void {
    for (let b = 0; b < blocks; b++) for (let c = 0; c < width; c++) out[c]! += sums[b * width + c]!;
  },
};

/** out[c] += Σ_b sums[b, c], for CPU adapters: one lane to a column. */
export const columnTotalDirect = defineKernel({
  ...total,
  name: 'column-total-direct',
  shader: 'rows/column-total-direct.wgsl',
  threads: (_, { width }) => width,
});

/** The same for GPUs: one workgroup to a column. */
export const columnTotalWorkgroup = defineKernel({
  ...total,
  name: 'column-total-workgroup',
  shader: 'rows/column-total-workgroup.wgsl',
  workgroups: (_, { width }) => width,
  lanes: ({ rowLanes }) => rowLanes,
});

/** Records out[c] += Σ_b sums[b, c], in the form this adapter is best at. */
export function columnTotal(device: Device, { sums, out, blocks, width }: { readonly sums: Tensor; readonly out: Tensor } & ColumnTotalOptions): void {
  expectLength('column-total sums', sums, blocks * width);
  expectLength('column-total out', out, width);
  device.run(device.traits.tier === 'software' ? columnTotalDirect : columnTotalWorkgroup, { sums, out }, { blocks, width });
}

export interface ColumnSum {
  readonly from: RowsView;
  /** [width], added to. */
  readonly out: Tensor;
  /** At least `columnSumScratch(count, width)` elements. */
  readonly scratch: Tensor;
  readonly count: number;
  readonly width: number;
}

/**
 * Records out[c] += Σ_r from[r, c], in blocks of rows and then over the blocks: a fixed order.
 *
 * @throws KernelError if a tensor is too short
 */
export function columnSum(device: Device, { from, out, scratch, count, width }: ColumnSum): void {
  if (count === 0) return;
  expectRows('column-sum from', from, count, width);
  expectLength('column-sum scratch', scratch, columnSumScratch(count, width));
  device.run(columnPartials, { source: from.tensor, sums: scratch }, { count, width, sourceOffset: from.offset, sourceStride: from.stride });
  columnTotal(device, { sums: scratch, out, blocks: blocksOf(count), width });
}
