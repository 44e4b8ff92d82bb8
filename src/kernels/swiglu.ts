/** SwiGLU, the gate of the feed-forward block, and its gradient. */

import type { Device } from '../gpu/device.ts';
import { defineKernel, read, write } from '../gpu/kernel.ts';
import { expectRows, partsOf, type RowsView } from './rows.ts';

export interface SwigluForwardOptions {
  readonly count: number;
  readonly width: number;
  readonly parts: number;
  readonly gateUpOffset: number;
  readonly gateUpStride: number;
  readonly outOffset: number;
  readonly outStride: number;
}

/** out = gate · σ(gate) · up */
export const swigluForwardKernel = defineKernel({
  name: 'swiglu-forward',
  shader: 'activation/swiglu-forward.wgsl',
  bindings: { gateUp: read('f32'), out: write('f32') },
  params: (_, options: SwigluForwardOptions) => ({ ...options }),
  threads: (_, { count, parts }) => count * parts,
  tolerance: { out: { absolute: 1e-6, relative: 1e-5 } },
  reference({ gateUp, out }, _, o) {
    for (let row = 0; row < o.count; row++) {
      const start = o.gateUpOffset + row * o.gateUpStride;
      for (let c = 0; c < o.width; c++) {
        const gate = gateUp[start + c]!;
        out[o.outOffset + row * o.outStride + c] = gate * sigmoid(gate) * gateUp[start + o.width + c]!;
      }
    }
  },
});

export interface SwigluBackwardOptions {
  readonly count: number;
  readonly width: number;
  readonly parts: number;
  readonly gateUpOffset: number;
  readonly gateUpStride: number;
  readonly dOutOffset: number;
  readonly dOutStride: number;
  readonly dGateUpOffset: number;
  readonly dGateUpStride: number;
}

/** dGate = dOut · up · σ · (1 + gate · (1 − σ)),  dUp = dOut · gate · σ */
export const swigluBackwardKernel = defineKernel({
  name: 'swiglu-backward',
  shader: 'activation/swiglu-backward.wgsl',
  bindings: { gateUp: read('f32'), dOut: read('f32'), dGateUp: write('f32') },
  params: (_, options: SwigluBackwardOptions) => ({ ...options }),
  threads: (_, { count, parts }) => count * parts,
  tolerance: { dGateUp: { absolute: 1e-6, relative: 1e-5 } },
  reference({ gateUp, dOut, dGateUp }, _, o) {
    for (let row = 0; row < o.count; row++) {
      const start = o.gateUpOffset + row * o.gateUpStride;
      const place = o.dGateUpOffset + row * o.dGateUpStride;
      for (let c = 0; c < o.width; c++) {
        const gate = gateUp[start + c]!;
        const slope = dOut[o.dOutOffset + row * o.dOutStride + c]!;
        const sigma = sigmoid(gate);
        dGateUp[place + c] = slope * gateUp[start + o.width + c]! * sigma * (1 + gate * (1 - sigma));
        dGateUp[place + o.width + c] = slope * gate * sigma;
      }
    }
  },
});

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

export interface SwigluForward {
  /** Rows of the gate's `width` elements, then those of `up`. */
  readonly gateUp: RowsView;
  readonly out: RowsView;
  readonly count: number;
  readonly width: number;
}

/**
 * Records out = gate · σ(gate) · up.
 *
 * @throws KernelError if a tensor is too short
 */
export function swigluForward(device: Device, { gateUp, out, count, width }: SwigluForward): void {
  expectRows('swiglu-forward gateUp', gateUp, count, 2 * width);
  expectRows('swiglu-forward out', out, count, width);
  const parts = partsOf(device.traits, width);
  const options = { count, width, parts, gateUpOffset: gateUp.offset, gateUpStride: gateUp.stride, outOffset: out.offset, outStride: out.stride };
  device.run(swigluForwardKernel, { gateUp: gateUp.tensor, out: out.tensor }, options);
}

export interface SwigluBackward {
  readonly gateUp: RowsView;
  readonly dOut: RowsView;
  /** Rows like those of gateUp, written; another tensor. */
  readonly dGateUp: RowsView;
  readonly count: number;
  readonly width: number;
}

/**
 * Records the gradient of `swigluForward` in both halves.
 *
 * @throws KernelError if a tensor is too short
 */
export function swigluBackward(device: Device, { gateUp, dOut, dGateUp, count, width }: SwigluBackward): void {
  expectRows('swiglu-backward gateUp', gateUp, count, 2 * width);
  expectRows('swiglu-backward dOut', dOut, count, width);
  expectRows('swiglu-backward dGateUp', dGateUp, count, 2 * width);
  const options = {
    ...{ count, width, parts: partsOf(device.traits, width), gateUpOffset: gateUp.offset, gateUpStride: gateUp.stride },
    ...{ dOutOffset: dOut.offset, dOutStride: dOut.stride, dGateUpOffset: dGateUp.offset, dGateUpStride: dGateUp.stride },
  };
  device.run(swigluBackwardKernel, { gateUp: gateUp.tensor, dOut: dOut.tensor, dGateUp: dGateUp.tensor }, options);
}
