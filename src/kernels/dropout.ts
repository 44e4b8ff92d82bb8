/** Dropout whose masks belong to tokens: the same token of the same sequence is dropped alike, wherever it lies in a batch. */

import { philox, uniformOf } from '../base/random.ts';
import type { Device } from '../gpu/device.ts';
import { defineKernel, read, update } from '../gpu/kernel.ts';
import type { Tensor } from '../gpu/tensor.ts';

export interface DropoutOptions {
  readonly count: number;
  readonly width: number;
  readonly useAddend: number;
  /** Which place in the network this is; masks of different places are independent. */
  readonly site: number;
  readonly rate: number;
  readonly key: readonly [number, number];
}

export const dropoutKernel = defineKernel({
  name: 'dropout',
  shader: 'dropout/dropout.wgsl',
  bindings: { x: update('f32'), addend: read('f32'), sequences: read('u32'), positions: read('u32') },
  params: (_, { key, ...options }: DropoutOptions) => ({ ...options, key0: key[0], key1: key[1] }),
  threads: (_, { count, width }) => count * Math.ceil(width / 4),
  reference({ x, addend, sequences, positions }, _, { count, width, useAddend, site, rate, key }) {
    for (let row = 0; row < count; row++) {
      for (let c = 0; c < width; c++) {
        const words = philox([sequences[row]!, positions[row]!, c >>> 2, site], key);
        const at = row * width + c;
        const kept = uniformOf(words[c & 3]!) >= Math.fround(rate) ? x[at]! / (1 - rate) : 0;
        x[at] = kept + (useAddend ? addend[at]! : 0);
      }
    }
  },
  tolerance: { x: { absolute: 1e-6, relative: 1e-6 } },
});

export interface Dropout {
  /** [count, width], in place. */
  readonly x: Tensor;
  /** What the dropped branch is added to; never the tensor of `x`. */
  readonly addend?: Tensor;
  /** Who each row is: its sequence, and its position there. */
  readonly sequences: Tensor;
  readonly positions: Tensor;
  readonly count: number;
  readonly width: number;
  readonly site: number;
  readonly rate: number;
  readonly key: readonly [number, number];
}

/** Records x ← dropout(x) (+ addend). */
export function dropout(device: Device, { x, addend, sequences, positions, ...options }: Dropout): void {
  device.run(dropoutKernel, { x, addend: addend ?? device.none.f32, sequences, positions }, { ...options, useAddend: addend ? 1 : 0 });
}
