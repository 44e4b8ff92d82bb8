/** A tensor times a number. */

import type { Device } from '../gpu/device.ts';
import { defineKernel, update } from '../gpu/kernel.ts';
import type { Tensor } from '../gpu/tensor.ts';

export const scaleKernel = defineKernel({
  name: 'scale',
  shader: 'rows/scale.wgsl',
  bindings: { x: update('f32') },
  params: (_, options: { readonly count: number; readonly factor: number }) => ({ ...options }),
  threads: (_, { count }) => count,
  reference({ x }, _, { count, factor }) {
    for (let i = 0; i < count; i++) x[i]! *= factor;
  },
  tolerance: { x: { absolute: 1e-6, relative: 1e-6 } },
});

/** Multiplies the first `count` elements of `x` by `factor`, in place. */
export function scale(device: Device, x: Tensor, count: number, factor: number): void {
  device.run(scaleKernel, { x }, { count, factor });
}
