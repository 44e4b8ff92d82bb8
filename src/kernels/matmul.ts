/** Products of matrices, whatever their layout: every operand is an offset and two strides. */

import type { Device } from '../gpu/device.ts';
import type { Tensor } from '../gpu/tensor.ts';
import {
  fitsSubgroupForm,
  matmulDirect,
  matmulDirectPacked,
  type MatmulOptions,
  matmulSubgroup,
  matmulSubgroupPacked,
  type MatmulTensors,
} from './matmul-forms.ts';
import { runTile } from './matmul-tile.ts';
import type { PackedFormat } from './weight-format.ts';

/** A matrix inside a tensor: element (i, j) is at `offset + i · row + j · column`. */
export interface MatrixView {
  readonly tensor: Tensor;
  readonly offset: number;
  readonly row: number;
  readonly column: number;
  /** How the tensor's words hold the elements, where they are packed: only `b` of a product can be. Offset and strides count elements. */
  readonly format?: PackedFormat;
}

/** A row-major matrix with `width` columns a row, beginning `offset` elements into the tensor. */
export function matrix(tensor: Tensor, width: number, offset = 0): MatrixView {
  return { tensor, offset, row: width, column: 1 };
}

/** The same matrix with rows and columns exchanged; nothing moves. */
export function transposed(view: MatrixView): MatrixView {
  return { ...view, row: view.column, column: view.row };
}

/** One vector added to every row: a bias. */
export function repeatedRow(tensor: Tensor, offset = 0): MatrixView {
  return { tensor, offset, row: 0, column: 1 };
}

export interface Matmul {
  readonly a: MatrixView;
  readonly b: MatrixView;
  readonly out: MatrixView;
  /** Rows of a, columns of b, and the length of their common side. */
  readonly shape: readonly [M: number, N: number, K: number];
  /** Added to the product; a residual, or a bias by `repeatedRow`. Never the tensor of `out`. */
  readonly addend?: MatrixView;
  /**
   * `true` adds the product to what `out` holds. 'continue' goes on summing from it, as if this product's k came after those that made it: with K
   * cut at multiples of 512 the bits are those of the product in one.
   */
  readonly accumulate?: boolean | 'continue';
  /** Where the adapter is a GPU: room to sum parts of K side by side, as `matmulScratch` says. Changes no bit. */
  readonly scratch?: Tensor;
}

/**
 * Records out = a · b (+ addend) (+ out).
 *
 * The form follows from the adapter alone, and each sums over k in one fixed order, so a row's bits do not depend on the rows beside it.
 *
 * Shapes: a [M, K], b [K, N], out and addend [M, N], each a view. `out` and `addend` have columns side by side.
 */
export function matmul(device: Device, { a, b, out, shape: [M, N, K], addend, accumulate = false, scratch }: Matmul): void {
  const options: MatmulOptions = {
    M,
    N,
    K,
    aOffset: a.offset,
    aRow: a.row,
    aColumn: a.column,
    bOffset: b.offset,
    bRow: b.row,
    bColumn: b.column,
    addendOffset: addend?.offset ?? 0,
    addendRow: addend?.row ?? 0,
    outOffset: out.offset,
    outRow: out.row,
    useAddend: addend ? 1 : 0,
    accumulate: accumulate === 'continue' ? 2 : accumulate ? 1 : 0,
  };
  const tensors: MatmulTensors = { a: a.tensor, b: b.tensor, addend: addend?.tensor ?? device.none.f32, out: out.tensor };
  const { tier, subgroupLanes } = device.traits;
  const { format } = b;
  if (tier !== 'software') runTile(device, tensors, options, { format, scratch });
  else if (fitsSubgroupForm(subgroupLanes)) {
    if (format) device.run(matmulSubgroupPacked, tensors, { ...options, subgroupLanes, format });
    else device.run(matmulSubgroup, tensors, { ...options, subgroupLanes });
  } else if (format) device.run(matmulDirectPacked, tensors, { ...options, format });
  else device.run(matmulDirect, tensors, options);
}
