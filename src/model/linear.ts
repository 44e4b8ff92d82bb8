/**
 * One matrix of a block, forward and backward, with its bias and its low-rank correction where it has them.
 *
 *   y = x · Wᵀ (+ bias) (+ stream) + scale · z · Bᵀ,  z = x · Aᵀ
 *   dx = dy · W + scale · (dy · B) · A       dW += dyᵀ · x       dBias += Σ dy       dB += scale · dyᵀ · z       dA += scale · (dy · B)ᵀ · x
 *
 * Under dropout the correction reads m ∘ x instead of x, m being 0 or 1 / (1 − rate): so do z and dA, and what it sends back is m ∘ (…) · A.
 */

import type { Device } from '../gpu/device.ts';
import type { Tensor } from '../gpu/tensor.ts';
import { columnSum } from '../kernels/column-sum.ts';
import { dropout } from '../kernels/dropout.ts';
import { matmul, matrix, repeatedRow, transposed } from '../kernels/matmul.ts';
import { rowsOf } from '../kernels/rows.ts';
import { scale } from '../kernels/scale.ts';
import type { MatrixAdapter } from './lora.ts';
import type { Parameter, WeightMatrix } from './parameter.ts';
import { addToGradient, type GradientOf, timesMatrix, timesTransposed } from './weight-matrix.ts';

export type { GradientOf } from './weight-matrix.ts';

export interface Linear {
  readonly device: Device;
  readonly count: number;
  /** [outputs, inputs] */
  readonly weight: WeightMatrix;
  /** [outputs] */
  readonly bias: Parameter | null;
  readonly adapter: MatrixAdapter | null;
  /** scale · x · Aᵀ, [count, pieces · rank]: written forward, read backward. */
  readonly reduced: Tensor | null;
  /** Null where the correction reads its input whole. */
  readonly dropout: LinearDropout | null;
}

/** Dropout of a correction's input; its masks are made again where they are needed. */
export interface LinearDropout {
  readonly rate: number;
  readonly key: readonly [number, number];
  /** Which matrix of the network this is. */
  readonly site: number;
  /** Who each row is. */
  readonly sequences: Tensor;
  readonly positions: Tensor;
  /** Scratch [count, inputs]. */
  readonly room: Tensor;
}

/** Writes y [count, outputs] from x [count, inputs]. `stream`, another tensor than `out`, is what a branch joins: it is added. */
export function forwardLinear(linear: Linear, x: Tensor, out: Tensor, stream?: Tensor): void {
  const { device, count, weight, bias, adapter, reduced } = linear;
  const [outputs, inputs] = weight.shape;
  // A product adds one matrix: with a bias, the stream is there before it.
  if (bias && stream) device.copy(stream, out, count * outputs);
  const addend = bias ? repeatedRow(bias.weights) : stream && matrix(stream, outputs);
  timesTransposed(device, { weight, count, from: matrix(x, inputs), out: matrix(out, outputs), addend, accumulate: Boolean(bias && stream) });
  if (!adapter || !reduced) return;
  const { rank, pieces } = adapter;
  const columns = pieces.length * rank;
  reduceInput(linear, x);
  pieces.forEach(({ outputOffset, outputs: pieceOutputs, bRow }, piece) => {
    matmul(device, {
      a: matrix(reduced, columns, piece * rank),
      b: transposed(matrix(adapter.b.weights, rank, bRow * rank)),
      out: matrix(out, outputs, outputOffset),
      shape: [count, pieceOutputs, rank],
      accumulate: true,
    });
  });
}

/** The part of `forwardLinear` that the backward pass reads: scale · x · Aᵀ. Nothing where there is no correction. */
export function reduceInput(linear: Linear, x: Tensor): void {
  const { device, count, weight, adapter, reduced } = linear;
  if (!adapter || !reduced) return;
  const inputs = weight.shape[1];
  const columns = adapter.pieces.length * adapter.rank;
  const read = correctionInput(linear, x);
  matmul(device, { a: matrix(read, inputs), b: transposed(matrix(adapter.a.weights, inputs)), out: matrix(reduced, columns), shape: [count, columns, inputs] });
  scale(device, reduced, count * columns, adapter.scale);
}

/** What the correction reads: x, or what dropout leaves of it. */
function correctionInput({ device, count, weight, dropout: pass }: Linear, x: Tensor): Tensor {
  if (!pass) return x;
  const { room, ...masks } = pass;
  const width = weight.shape[1];
  device.copy(x, room, count * width);
  dropout(device, { x: room, ...masks, count, width });
  return room;
}

/** Scratch of the backward pass. */
export interface LinearScratch {
  /** Of `reduced`'s shape; null where nothing is corrected. */
  readonly reduced: Tensor | null;
  /** Partial sums over rows: at least `columnSumScratch` elements where there are biases. */
  readonly columns: Tensor;
}

/** Writes dx from dy, and adds to the gradients of what is trained. */
export function backwardLinear(linear: Linear, x: Tensor, dOut: Tensor, dX: Tensor, gradientOf: GradientOf, scratch: LinearScratch): void {
  const { device, count, weight, bias, adapter, reduced } = linear;
  const { reduced: dReduced } = scratch;
  const [outputs, inputs] = weight.shape;
  const dy = matrix(dOut, outputs);
  const dBias = bias && gradientOf(bias);
  if (dBias) columnSum(device, { from: rowsOf(dOut, outputs), out: dBias, scratch: scratch.columns, count, width: outputs });
  timesMatrix(device, { weight, count, from: dy, out: matrix(dX, inputs) });
  addToGradient(device, { weight, count, from: matrix(x, inputs), dOut: dy, gradientOf });
  if (!adapter || !reduced || !dReduced) return;
  const { rank, pieces } = adapter;
  const columns = pieces.length * rank;
  const [dA, dB] = [gradientOf(adapter.a), gradientOf(adapter.b)];
  pieces.forEach(({ outputOffset, outputs: pieceOutputs, bRow }, piece) => {
    const dPiece = matrix(dOut, outputs, outputOffset);
    matmul(device, {
      a: dPiece,
      b: matrix(adapter.b.weights, rank, bRow * rank),
      out: matrix(dReduced, columns, piece * rank),
      shape: [count, rank, pieceOutputs],
    });
    if (dB) {
      const out = matrix(dB, rank, bRow * rank);
      matmul(device, { a: transposed(dPiece), b: matrix(reduced, columns, piece * rank), out, shape: [pieceOutputs, rank, count], accumulate: true });
    }
  });
  scale(device, dReduced, count * columns, adapter.scale);
  if (dA)
    matmul(device, {
      a: transposed(matrix(dReduced, columns)),
      b: matrix(correctionInput(linear, x), inputs),
      out: matrix(dA, inputs),
      shape: [columns, inputs, count],
      accumulate: true,
    });
  const product = { a: matrix(dReduced, columns), b: matrix(adapter.a.weights, inputs), shape: [count, inputs, columns] as const };
  if (!linear.dropout) return matmul(device, { ...product, out: matrix(dX, inputs), accumulate: true });
  const { room, ...masks } = linear.dropout;
  matmul(device, { ...product, out: matrix(room, inputs) });
  dropout(device, { x: room, addend: dX, ...masks, count, width: inputs });
  device.copy(room, dX, count * inputs);
}
