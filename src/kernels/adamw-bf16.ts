/** AdamW with moments held as bfloat16, two to a word: half their memory, and weights that stay float32. */

import { bfloat16OfBits, bitsOf, floatOfBfloat16 } from '../base/half.ts';
import { philox } from '../base/random.ts';
import type { Device } from '../gpu/device.ts';
import { defineKernel, read, update } from '../gpu/kernel.ts';
import type { Tensor } from '../gpu/tensor.ts';
import { type Adamw, type AdamwOptions, adamwParams, integerPower } from './adamw.ts';

const SOFTWARE_SPAN = 32;

export interface AdamwBf16Options extends AdamwOptions {
  /** Draws how the running square is rounded. */
  readonly key: readonly [number, number];
}

export const adamwBf16 = defineKernel({
  name: 'adamw-bf16',
  shader: 'optim/adamw-bf16.wgsl',
  bindings: { weights: update('f32'), gradients: read('f32'), m: update('u32'), v: update('u32'), control: read('f32') },
  params: (_, { key, ...options }: AdamwBf16Options & { readonly span: number }) => ({ ...adamwParams(options), key0: key[0], key1: key[1] }),
  threads: (_, { count, span }) => Math.ceil(Math.ceil(count / 2) / span),
  reference({ weights, gradients, m, v, control }, _, { count, lr, beta1, beta2, eps, weightDecay, step, skipped = 0, key }) {
    if (control[2] === 0) return;
    const made = step - (control[3]! - skipped);
    const [correction1, correction2] = [1 - integerPower(beta1, made), 1 - integerPower(beta2, made)];
    for (let i = 0; i < count; i++) {
      const [word, shift] = [i >>> 1, 16 * (i & 1)];
      const g = control[1]! * gradients[i]!;
      const first = beta1 * floatOfBfloat16((m[word]! >>> shift) & 0xffff) + (1 - beta1) * g;
      const second = beta2 * floatOfBfloat16((v[word]! >>> shift) & 0xffff) + (1 - beta2) * g * g;
      weights[i]! -= lr * weightDecay * weights[i]!;
      weights[i]! -= ((lr / correction1) * first) / (Math.sqrt(second / correction2) + eps);
      const noise = (philox([word, made, 0, 0], key)[0] >>> shift) & 0xffff;
      const others = 0xffff_0000 >>> shift;
      m[word] = ((m[word]! & others) | (bfloat16OfBits(bitsOf(first)) << shift)) >>> 0;
      v[word] = ((v[word]! & others) | (((bitsOf(second) + noise) >>> 16) << shift)) >>> 0;
    }
  },
  tolerance: { weights: { absolute: 1e-6, relative: 1e-6 }, m: { absolute: 0 }, v: { absolute: 0 } },
});

/** u32 words for moments of so many elements. */
export function momentWords(count: number): number {
  return Math.ceil(count / 2);
}

/** Takes one optimizer step on a tensor; `m` and `v` are `momentWords(count)` words. */
export function adamwWithBf16(device: Device, { weights, gradients, m, v, control, ...options }: Adamw & { readonly key: AdamwBf16Options['key'] }): void {
  const span = device.traits.tier === 'software' ? SOFTWARE_SPAN : 1;
  device.run(adamwBf16, { weights, gradients, m, v, control } satisfies Record<string, Tensor>, { ...options, span });
}
