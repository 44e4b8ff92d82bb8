/** The entropy of the mean of several distributions, tile by tile, so that no distribution is ever held whole. */

import type { Device } from '../gpu/device.ts';
import { defineKernel, read, update } from '../gpu/kernel.ts';
import type { Tensor } from '../gpu/tensor.ts';

export interface MixtureTileOptions {
  readonly count: number;
  readonly width: number;
  readonly first: number;
  /** Where this pass's rows begin in `lse`. */
  readonly lseOffset: number;
  readonly share: number;
}

export const mixtureTile = defineKernel({
  name: 'mixture-tile',
  shader: 'head/mixture-tile.wgsl',
  bindings: { logits: read('f32'), lse: read('f32'), mixture: update('f32') },
  params: (_, options: MixtureTileOptions) => ({ ...options }),
  threads: (_, { count, width }) => count * width,
  reference({ logits, lse, mixture }, _, { count, width, first, lseOffset, share }) {
    for (let i = 0; i < count * width; i++) {
      const p = Math.exp(logits[i]! - lse[lseOffset + Math.floor(i / width)]!) * share;
      mixture[i] = first ? p : mixture[i]! + p;
    }
  },
  tolerance: { mixture: { absolute: 1e-6, relative: 1e-5 } },
});

export const mixtureEntropy = defineKernel({
  name: 'mixture-entropy',
  shader: 'head/mixture-entropy.wgsl',
  bindings: { mixture: read('f32'), slots: read('u32'), entropies: update('f32') },
  params: (_, options: { readonly count: number; readonly width: number; readonly first: number }) => ({ ...options }),
  threads: (_, { count }) => count,
  reference({ mixture, slots, entropies }, _, { count, width, first }) {
    for (let row = 0; row < count; row++) {
      let sum = 0;
      for (let v = 0; v < width; v++) {
        const p = mixture[row * width + v]!;
        if (p > 0) sum -= p * Math.log(p);
      }
      entropies[slots[row]!] = sum + (first ? 0 : entropies[slots[row]!]!);
    }
  },
  tolerance: { entropies: { absolute: 1e-5, relative: 1e-5 } },
});

/** Adds pass `pass` of `passes` to the mean distribution of a tile. `lse` is [passes, count]. */
export function addToMixture(
  device: Device,
  {
    pass,
    passes,
    ...rest
  }: {
    readonly logits: Tensor;
    readonly lse: Tensor;
    readonly mixture: Tensor;
    readonly count: number;
    readonly width: number;
    readonly pass: number;
    readonly passes: number;
  },
): void {
  const { logits, lse, mixture, count, width } = rest;
  device.run(mixtureTile, { logits, lse, mixture }, { count, width, first: pass === 0 ? 1 : 0, lseOffset: pass * count, share: 1 / passes });
}

/** Adds a tile's part of the entropy of the mean distribution to `entropies` at each row's slot. */
export function addMixtureEntropy(
  device: Device,
  {
    mixture,
    slots,
    entropies,
    count,
    width,
    first,
  }: { readonly mixture: Tensor; readonly slots: Tensor; readonly entropies: Tensor; readonly count: number; readonly width: number; readonly first: boolean },
): void {
  device.run(mixtureEntropy, { mixture, slots, entropies }, { count, width, first: first ? 1 : 0 });
}
