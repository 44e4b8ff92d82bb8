/** The Gaussian error unit in its tanh form, as GPT-2 has it, and its gradient. */

import type { Device } from '../gpu/device.ts';
import { defineKernel, read, write } from '../gpu/kernel.ts';
import { expectRows, partsOf, type RowsView } from './rows.ts';

interface GeluOptions {
  readonly count: number;
  readonly width: number;
  readonly parts: number;
  readonly xOffset: number;
  readonly xStride: number;
}

export interface GeluForwardOptions extends GeluOptions {
  readonly outOffset: number;
  readonly outStride: number;
}

/** out = x · ½ (1 + tanh u) */
export const geluForwardKernel = defineKernel({
  name: 'gelu-forward',
  shader: 'activation/gelu-forward.wgsl',
  bindings: { x: read('f32'), out: write('f32') },
  params: (_, options: GeluForwardOptions) => ({ ...options }),
  threads: (_, { count, parts }) => count * parts,
  tolerance: { out: { absolute: 1e-6, relative: 1e-5 } },
  reference({ x, out }, _, o) {
    for (let row = 0; row < o.count; row++) {
      for (let c = 0; c < o.width; c++) {
        const value = x[o.xOffset + row * o.xStride + c]!;
        out[o.outOffset + row * o.outStride + c] = 0.5 * value * (1 + Math.tanh(innerOf(value)));
      }
    }
  },
});

export interface GeluBackwardOptions extends GeluOptions {
  readonly dOutOffset: number;
  readonly dOutStride: number;
  readonly dXOffset: number;
  readonly dXStride: number;
}

/** dX = dOut · ½ (1 + tanh u + x (1 − tanh² u) u′) */
export const geluBackwardKernel = defineKernel({
  name: 'gelu-backward',
  shader: 'activation/gelu-backward.wgsl',
  bindings: { x: read('f32'), dOut: read('f32'), dX: write('f32') },
  params: (_, options: GeluBackwardOptions) => ({ ...options }),
  threads: (_, { count, parts }) => count * parts,
  tolerance: { dX: { absolute: 1e-6, relative: 1e-5 } },
  reference({ x, dOut, dX }, _, o) {
    for (let row = 0; row < o.count; row++) {
      for (let c = 0; c < o.width; c++) {
        const value = x[o.xOffset + row * o.xStride + c]!;
        const tanh = Math.tanh(innerOf(value));
        const rate = ROOT * (1 + 3 * CUBIC * value * value);
        const slope = 0.5 * (1 + tanh + value * (1 - tanh * tanh) * rate);
        dX[o.dXOffset + row * o.dXStride + c] = dOut[o.dOutOffset + row * o.dOutStride + c]! * slope;
      }
    }
  },
});

const ROOT = Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;

/** u = √(2/π) · (x + 0.044715 x³) */
function innerOf(x: number): number {
  return ROOT * (x + CUBIC * x * x * x);
}

export interface GeluForward {
  readonly x: RowsView;
  readonly out: RowsView;
  readonly count: number;
  readonly width: number;
}

/**
 * Records out = x · ½ (1 + tanh(√(2/π) · (x + 0.044715 x³))).
 *
 * @throws KernelError if a tensor is too short
 * @source Hendrycks, Gimpel 2016, arXiv:1606.08415; `gelu_new` of transformers
 */
export function geluForward(device: Device, { x, out, count, width }: GeluForward): void {
  expectRows('gelu-forward x', x, count, width);
  expectRows('gelu-forward out', out, count, width);
  const parts = partsOf(device.traits, width);
  const options = { count, width, parts, xOffset: x.offset, xStride: x.stride, outOffset: out.offset, outStride: out.stride };
  device.run(geluForwardKernel, { x: x.tensor, out: out.tensor }, options);
}

export interface GeluBackward {
  readonly x: RowsView;
  readonly dOut: RowsView;
  /** Written; another tensor. */
  readonly dX: RowsView;
  readonly count: number;
  readonly width: number;
}

/**
 * Records the gradient of `geluForward`.
 *
 * @throws KernelError if a tensor is too short
 */
export function geluBackward(device: Device, { x, dOut, dX, count, width }: GeluBackward): void {
  expectRows('gelu-backward x', x, count, width);
  expectRows('gelu-backward dOut', dOut, count, width);
  expectRows('gelu-backward dX', dX, count, width);
  const options = {
    ...{ count, width, parts: partsOf(device.traits, width), xOffset: x.offset, xStride: x.stride },
    ...{ dOutOffset: dOut.offset, dOutStride: dOut.stride, dXOffset: dX.offset, dXStride: dX.stride },
  };
  device.run(geluBackwardKernel, { x: x.tensor, dOut: dOut.tensor, dX: dX.tensor }, options);
}
