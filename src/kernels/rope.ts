/** Rotary positions: pairs of a head's elements turned by an angle that grows with the row's position. */

import { KernelError } from '../base/errors.ts';
import { exp, log } from '../base/exponential.ts';
import { sineCosine } from '../base/trigonometry.ts';
import type { Device } from '../gpu/device.ts';
import { defineKernel, read, update } from '../gpu/kernel.ts';
import type { Tensor } from '../gpu/tensor.ts';
import { expectLength, expectRows, partsOf, type RowsView } from './rows.ts';

export interface RopeOptions {
  readonly count: number;
  readonly heads: number;
  readonly headWidth: number;
  readonly parts: number;
  readonly xOffset: number;
  readonly xStride: number;
  readonly inverse: number;
}

/** Element i of a head turns with element i + headWidth/2. */
export const ropeKernel = defineKernel({
  name: 'rope',
  shader: 'attention/rope.wgsl',
  bindings: { positions: read('u32'), table: read('f32'), x: update('f32') },
  params: (_, options: RopeOptions) => ({ ...options }),
  threads: (_, { count, parts }) => count * parts,
  tolerance: { x: { absolute: 1e-6, relative: 1e-6 } },
  reference({ positions, table, x }, _, o) {
    const half = o.headWidth / 2;
    for (let row = 0; row < o.count; row++) {
      const angles = positions[row]! * o.headWidth;
      for (let head = 0; head < o.heads; head++) {
        const start = o.xOffset + row * o.xStride + head * o.headWidth;
        for (let i = 0; i < half; i++) {
          const cosine = table[angles + i]!;
          const sine = o.inverse ? -table[angles + half + i]! : table[angles + half + i]!;
          const left = x[start + i]!;
          const right = x[start + half + i]!;
          x[start + i] = left * cosine - right * sine;
          x[start + half + i] = right * cosine + left * sine;
        }
      }
    }
  },
});

export interface Rope {
  /** Rows of `heads` heads side by side, turned in place. */
  readonly x: RowsView;
  readonly heads: number;
  readonly headWidth: number;
  /** [count] u32 */
  readonly positions: Tensor;
  /** [positions, headWidth], from `ropeTable`. */
  readonly table: Tensor;
  readonly count: number;
  /** Turns back: undoes the rotation, and is its gradient. */
  readonly inverse: boolean;
}

/**
 * Records the rotation of every head of `count` rows by the angles of their positions, in place.
 *
 * @throws KernelError if headWidth is odd or a tensor is too short
 */
export function rope(device: Device, { x, heads, headWidth, positions, table, count, inverse }: Rope): void {
  expectEven(headWidth);
  expectRows('rope x', x, count, heads * headWidth);
  expectLength('rope positions', positions, count);
  const parts = partsOf(device.traits, (heads * headWidth) / 2);
  const options = { count, heads, headWidth, parts, xOffset: x.offset, xStride: x.stride, inverse: inverse ? 1 : 0 };
  device.run(ropeKernel, { positions, table, x: x.tensor }, options);
}

/** Llama 3's stretching of slow rotations, for contexts longer than those of pretraining. */
export interface RopeScaling {
  readonly kind: 'llama3';
  readonly factor: number;
  readonly lowFreqFactor: number;
  readonly highFreqFactor: number;
  readonly originalMaxPositions: number;
}

export interface RopeTableOptions {
  readonly headWidth: number;
  /** Base of the geometric series of wavelengths. */
  readonly theta: number;
  readonly positions: number;
  readonly scaling: RopeScaling | null;
}

/**
 * Returns the cosines and sines of every position, the same bits in every runtime.
 *
 *   frequency[i] = theta^(−2i / headWidth)      angle = position · frequency[i]
 *
 * Frequencies and angles are rounded to f32, as the models were trained.
 *
 * @returns [positions, headWidth]: headWidth/2 cosines, then as many sines
 * @throws KernelError if headWidth is odd
 */
export function ropeTable({ headWidth, theta, positions, scaling }: RopeTableOptions): Float32Array {
  expectEven(headWidth);
  const half = headWidth / 2;
  const frequencies = Float32Array.from({ length: half }, (_, i) => stretched(exp((-2 * i * log(theta)) / headWidth), scaling));
  const table = new Float32Array(positions * headWidth);
  for (let position = 0; position < positions; position++) {
    for (let i = 0; i < half; i++) {
      const { sine, cosine } = sineCosine(Math.fround(position * frequencies[i]!));
      table[position * headWidth + i] = cosine;
      table[position * headWidth + half + i] = sine;
    }
  }
  return table;
}

/** Slow rotations are divided by the factor, fast ones kept, and those between blended. */
export function stretched(frequency: number, scaling: RopeScaling | null): number {
  if (!scaling) return frequency;
  const { factor, lowFreqFactor, highFreqFactor, originalMaxPositions } = scaling;
  const turns = (originalMaxPositions * frequency) / (2 * Math.PI);
  if (turns < lowFreqFactor) return frequency / factor;
  if (turns > highFreqFactor) return frequency;
  const kept = (turns - lowFreqFactor) / (highFreqFactor - lowFreqFactor);
  return frequency * (kept + (1 - kept) / factor);
}

function expectEven(headWidth: number): void {
  if (headWidth % 2 !== 0) throw new KernelError(`rope: expected an even headWidth, got ${headWidth}.`);
}
