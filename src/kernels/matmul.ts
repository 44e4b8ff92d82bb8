/** Products of matrices, whatever their layout: every operand is an offset and two strides. */

import type { Device } from '../gpu/device.ts';
import { defineKernel, read, update } from '../gpu/kernel.ts';
import type { Tensor } from '../gpu/tensor.ts';

/** A matrix inside a tensor: element (i, j) is at `offset + i · row + j · column`. */
export interface MatrixView {
  readonly tensor: Tensor;
  readonly offset: number;
  readonly row: number;
  readonly column: number;
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

export interface MatmulOptions {
  readonly M: number;
  readonly N: number;
  readonly K: number;
  readonly aOffset: number;
  readonly aRow: number;
  readonly aColumn: number;
  readonly bOffset: number;
  readonly bRow: number;
  readonly bColumn: number;
  readonly addendOffset: number;
  readonly addendRow: number;
  readonly outOffset: number;
  readonly outRow: number;
  readonly useAddend: number;
  readonly accumulate: number;
}

const bindings = { a: read('f32'), b: read('f32'), addend: read('f32'), out: update('f32') };
const tolerance = { out: { absolute: 1e-5, relative: 1e-5 } };

function matmulReference(
  { a, b, addend, out }: { readonly a: Float64Array; readonly b: Float64Array; readonly addend: Float64Array; readonly out: Float64Array },
  o: MatmulOptions,
): void {
  for (let m = 0; m < o.M; m++) {
    for (let n = 0; n < o.N; n++) {
      let sum = 0;
      for (let k = 0; k < o.K; k++) {
        sum += a[o.aOffset + m * o.aRow + k * o.aColumn]! * b[o.bOffset + k * o.bRow + n * o.bColumn]!;
      }
      if (o.useAddend) sum += addend[o.addendOffset + m * o.addendRow + n]!;
      const at = o.outOffset + m * o.outRow + n;
      out[at] = o.accumulate ? out[at]! + sum : sum;
    }
  }
}

const TILE = 8;

/** The barrier-free form: each lane keeps an 8 × 8 tile in registers. */
export const matmulDirect = defineKernel({
  name: 'matmul-direct',
  shader: 'matmul/matmul-direct.wgsl',
  bindings,
  params: (_, options: MatmulOptions) => ({ ...options }),
  threads: (_, { M, N }) => Math.ceil(M / TILE) * Math.ceil(N / TILE),
  reference: (arrays, _, options) => matmulReference(arrays, options),
  tolerance,
});

export interface Matmul {
  readonly a: MatrixView;
  readonly b: MatrixView;
  readonly out: MatrixView;
  /** Rows of a, columns of b, and the length of their common side. */
  readonly shape: readonly [M: number, N: number, K: number];
  /** Added to the product; a residual, or a bias by `repeatedRow`. Never the tensor of `out`. */
  readonly addend?: MatrixView;
  /** Adds the product to what `out` holds. */
  readonly accumulate?: boolean;
}

/**
 * Records out = a · b (+ addend) (+ out).
 *
 * Shapes: a [M, K], b [K, N], out and addend [M, N], each a view. `out` and `addend` have columns side by side.
 */
export function matmul(device: Device, { a, b, out, shape: [M, N, K], addend, accumulate = false }: Matmul): void {
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
    accumulate: accumulate ? 1 : 0,
  };
  device.run(matmulDirect, { a: a.tensor, b: b.tensor, addend: addend?.tensor ?? device.none.f32, out: out.tensor }, options);
}
