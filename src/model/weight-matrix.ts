/**
 * A matrix of weights, held and bound in row ranges: the one place that knows how a matrix larger than a binding, or of several formats, is used.
 *
 *   y = x · Wᵀ        each range writes its own columns of y
 *   dx = dy · W       each range goes on with the sum of the one before
 *   dW += dyᵀ · x     each range has a gradient of its own
 *
 * The numbers are those of the matrix in one, bit for bit.
 */

import { KernelError } from '../base/errors.ts';
import type { Device } from '../gpu/device.ts';
import type { Tensor } from '../gpu/tensor.ts';
import { matmul, matrix, type MatrixView, transposed } from '../kernels/matmul.ts';
import { gatherRows, rowsOf, type RowsView, segmentSum, type SegmentSum } from '../kernels/rows.ts';
import type { Parameter, WeightMatrix, WeightRange } from './parameter.ts';

/** The gradient of a parameter, or null where it is frozen. */
export type GradientOf = (parameter: Parameter) => Tensor | null;

/** Rows [from, to) range by range: which rows of each, counted from the range's first. */
function rangesWithin({ ranges }: WeightMatrix, from: number, to: number): (WeightRange & { readonly start: number; readonly count: number })[] {
  return ranges.flatMap((range) => {
    const [first, end] = [Math.max(from, range.firstRow), Math.min(to, range.endRow)];
    return first < end ? [{ ...range, start: first - range.firstRow, count: end - first }] : [];
  });
}

function viewOf({ weights, format }: Parameter, columns: number, start: number): MatrixView {
  const view = matrix(weights, columns, start * columns);
  return format === 'f32' ? view : { ...view, format };
}

export interface WeightProduct {
  readonly weight: WeightMatrix;
  /** Rows of the matrix that take part, all by default. */
  readonly rows?: readonly [from: number, to: number];
  readonly count: number;
  readonly from: MatrixView;
  readonly out: MatrixView;
}

export interface ForwardProduct extends WeightProduct {
  readonly addend?: MatrixView | undefined;
  readonly accumulate?: boolean;
}

/** Records out [count, rows] = from [count, columns] · Wᵀ (+ addend) (+ out). */
export function timesTransposed(
  device: Device,
  { weight, rows: [first, end] = [0, weight.shape[0]], count, from, out, addend, accumulate = false }: ForwardProduct,
): void {
  const columns = weight.shape[1];
  for (const range of rangesWithin(weight, first, end)) {
    const at = range.firstRow + range.start - first;
    matmul(device, {
      a: from,
      b: transposed(viewOf(range.parameter, columns, range.start)),
      out: { ...out, offset: out.offset + at },
      ...(addend && { addend: { ...addend, offset: addend.offset + at } }),
      shape: [count, range.count, columns],
      accumulate,
    });
  }
}

/** Records out [count, columns] (+)= from [count, rows] · W. */
export function timesMatrix(
  device: Device,
  { weight, rows: [first, end] = [0, weight.shape[0]], count, from, out, accumulate = false }: WeightProduct & { readonly accumulate?: boolean },
): void {
  const columns = weight.shape[1];
  rangesWithin(weight, first, end).forEach((range, index) => {
    matmul(device, {
      a: { ...from, offset: from.offset + (range.firstRow + range.start - first) * from.column },
      b: viewOf(range.parameter, columns, range.start),
      out,
      shape: [count, columns, range.count],
      accumulate: index > 0 ? 'continue' : accumulate,
    });
  });
}

/** Records dW += dOutᵀ [rows, count] · x [count, columns], where the matrix is trained. */
export function addToGradient(
  device: Device,
  {
    weight,
    rows: [first, end] = [0, weight.shape[0]],
    count,
    from,
    dOut,
    gradientOf,
  }: Omit<WeightProduct, 'out'> & { dOut: MatrixView; gradientOf: GradientOf },
): void {
  const columns = weight.shape[1];
  for (const range of rangesWithin(weight, first, end)) {
    const gradient = gradientOf(range.parameter);
    if (!gradient) continue;
    matmul(device, {
      a: transposed({ ...dOut, offset: dOut.offset + (range.firstRow + range.start - first) * dOut.column }),
      b: from,
      out: matrix(gradient, columns, range.start * columns),
      shape: [range.count, columns, count],
      accumulate: true,
    });
  }
}

/**
 * Records W += a · b for rows [from, to) of an f32 matrix: a correction merged into it.
 *
 * Shapes: a [to − from, inner], b [inner, columns].
 *
 * @throws KernelError if the matrix is packed
 */
export function addToRows(
  device: Device,
  weight: WeightMatrix,
  [first, end]: readonly [from: number, to: number],
  { a, b, inner }: { readonly a: MatrixView; readonly b: MatrixView; readonly inner: number },
): void {
  const columns = weight.shape[1];
  for (const { parameter, firstRow, start, count } of rangesWithin(weight, first, end)) {
    if (parameter.format !== 'f32')
      throw new KernelError(`${parameter.name}: expected f32 weights to change, got ${parameter.format}. Load the model with model.dtype f32.`);
    const rows = { ...a, offset: a.offset + (firstRow + start - first) * a.row };
    matmul(device, { a: rows, b, out: matrix(parameter.weights, columns, start * columns), shape: [count, columns, inner], accumulate: true });
  }
}

export interface GatheredWeightRows {
  /** u32 [count] */
  readonly rows: Tensor;
  readonly out: RowsView;
  readonly count: number;
  readonly accumulate?: boolean;
}

/** Records out[i] = W[rows[i]] (+ out[i]): an embedding. */
export function gatherWeightRows(device: Device, weight: WeightMatrix, { rows, out, count, accumulate = false }: GatheredWeightRows): void {
  const width = weight.shape[1];
  for (const { firstRow, endRow, parameter } of weight.ranges) {
    const { weights, format } = parameter;
    const from = rowsOf(weights, width);
    gatherRows(device, { from, rows, out, count, width, accumulate, range: { firstRow, endRow }, ...(format !== 'f32' && { format }) });
  }
}

/** Records dW[targets[s]] += Σ from[order[j]]: the gradient of an embedding, where it is trained. */
export function addRowsToGradient(device: Device, weight: WeightMatrix, sum: Omit<SegmentSum, 'out' | 'width' | 'range'>, gradientOf: GradientOf): void {
  const width = weight.shape[1];
  for (const { firstRow, endRow, parameter } of weight.ranges) {
    const gradient = gradientOf(parameter);
    if (gradient) segmentSum(device, { ...sum, out: rowsOf(gradient, width), width, range: { firstRow, endRow } });
  }
}
