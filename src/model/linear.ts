/**
 * One matrix of a block, forward and backward, with its low-rank correction where it has one.
 *
 *   y = x · Wᵀ (+ addend) + scale · z · Bᵀ,  z = x · Aᵀ
 *   dx = dy · W + scale · (dy · B) · A       dW += dyᵀ · x       dB += scale · dyᵀ · z       dA += scale · (dy · B)ᵀ · x
 */

import type { Device } from '../gpu/device.ts';
import type { Tensor } from '../gpu/tensor.ts';
import { matmul, matrix, type MatrixView, transposed } from '../kernels/matmul.ts';
import { scale } from '../kernels/scale.ts';
import type { MatrixAdapter } from './lora.ts';
import type { WeightMatrix } from './parameter.ts';
import { addToGradient, type GradientOf, timesMatrix, timesTransposed } from './weight-matrix.ts';

export type { GradientOf } from './weight-matrix.ts';

export interface Linear {
  readonly device: Device;
  readonly count: number;
  /** [outputs, inputs] */
  readonly weight: WeightMatrix;
  readonly adapter: MatrixAdapter | null;
  /** scale · x · Aᵀ, [count, pieces · rank]: written forward, read backward. */
  readonly reduced: Tensor | null;
}

/** Writes y [count, outputs] from x [count, inputs]. */
export function forwardLinear({ device, count, weight, adapter, reduced }: Linear, x: Tensor, out: Tensor, addend?: MatrixView): void {
  const [outputs, inputs] = weight.shape;
  timesTransposed(device, { weight, count, from: matrix(x, inputs), out: matrix(out, outputs), addend });
  if (!adapter || !reduced) return;
  const { rank, pieces } = adapter;
  const columns = pieces.length * rank;
  reduceInput({ device, count, weight, adapter, reduced }, x);
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
export function reduceInput({ device, count, weight, adapter, reduced }: Linear, x: Tensor): void {
  if (!adapter || !reduced) return;
  const inputs = weight.shape[1];
  const columns = adapter.pieces.length * adapter.rank;
  matmul(device, { a: matrix(x, inputs), b: transposed(matrix(adapter.a.weights, inputs)), out: matrix(reduced, columns), shape: [count, columns, inputs] });
  scale(device, reduced, count * columns, adapter.scale);
}

/** Writes dx from dy, and adds to the gradients of what is trained. `dReduced` is scratch of `reduced`'s shape. */
export function backwardLinear(linear: Linear, x: Tensor, dOut: Tensor, dX: Tensor, gradientOf: GradientOf, dReduced: Tensor | null): void {
  const { device, count, weight, adapter, reduced } = linear;
  const [outputs, inputs] = weight.shape;
  const dy = matrix(dOut, outputs);
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
  matmul(device, {
    a: matrix(dReduced, columns),
    b: matrix(adapter.a.weights, inputs),
    out: matrix(dX, inputs),
    shape: [count, inputs, columns],
    accumulate: true,
  });
  if (dA)
    matmul(device, {
      a: transposed(matrix(dReduced, columns)),
      b: matrix(x, inputs),
      out: matrix(dA, inputs),
      shape: [columns, inputs, count],
      accumulate: true,
    });
}
