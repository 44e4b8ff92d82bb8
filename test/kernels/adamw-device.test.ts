import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { tensorOf } from '../../src/gpu/device.ts';
import type { GpuDevice } from '../../src/gpu/gpu-device.ts';
import type { Tier } from '../../src/gpu/traits.ts';
import { adamw, clipControl, partialCount, sumOfSquares } from '../../src/kernels/adamw.ts';
import { openTestDevice } from '../device.ts';

const random = Random.seeded(5);
const hyper = { lr: 0.01, beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0.1 };
const sizes = [5000, 3];

for (const tier of ['software', 'portable'] satisfies Tier[]) {
  describe(`AdamW, kernels of the ${tier} tier`, () => {
    let device: GpuDevice;
    beforeAll(async () => {
      device = await openTestDevice({ tier });
    });
    afterAll(() => device.close());

    /** Two tensors with room for their moments, and an update from given gradients. */
    function optimizer() {
      const create = (count: number) => device.create('f32', [count], 'test/optimizer');
      const initial = sizes.map((count, t) => Array.from({ length: count }, (_, i) => Math.fround(random.normal(i, t))));
      const tensors = sizes.map((count, t) => ({
        weights: tensorOf(device, 'f32', [count], initial[t]!, 'test/weights'),
        m: create(count),
        v: create(count),
        count,
      }));
      const total = sizes.reduce((sum, count) => sum + partialCount(count), 0);
      const [partials, control] = [create(total), create(4)];
      const update = (gradients: readonly (readonly number[])[], step: number): void => {
        const uploaded = gradients.map((data) => tensorOf(device, 'f32', [data.length], data, 'test/gradients'));
        let offset = 0;
        for (const from of uploaded) {
          sumOfSquares(device, { from, partials, count: from.length, offset });
          offset += partialCount(from.length);
        }
        clipControl(device, { partials, control, count: total, maxNorm: 1 });
        tensors.forEach((one, t) => adamw(device, { ...one, ...hyper, gradients: uploaded[t]!, control, step }));
      };
      return { initial, tensors, control, update };
    }

    it('takes three steps as the formula does', async () => {
      const { initial, tensors, control, update } = optimizer();
      const gradients = [1, 2, 3].map((step) =>
        sizes.map((count, t) => Array.from({ length: count }, (_, i) => Math.fround(0.02 * random.normal(i, 10 * step + t)))),
      );
      const state = initial.map((weights) => weights.map((w) => ({ w, m: 0, v: 0 })));
      let [power1, power2, norm] = [1, 1, 0];
      gradients.forEach((each, index) => {
        update(each, index + 1);
        power1 *= hyper.beta1;
        power2 *= hyper.beta2;
        norm = Math.sqrt(each.flat().reduce((sum, g) => sum + g * g, 0));
        state.forEach((one, t) =>
          one.forEach((p, i) => {
            const g = each[t]![i]! * Math.min(1, 1 / (norm + 1e-6));
            p.m = hyper.beta1 * p.m + (1 - hyper.beta1) * g;
            p.v = hyper.beta2 * p.v + (1 - hyper.beta2) * g * g;
            p.w = p.w * (1 - hyper.lr * hyper.weightDecay) - (hyper.lr * (p.m / (1 - power1))) / (Math.sqrt(p.v / (1 - power2)) + hyper.eps);
          }),
        );
      });
      expect(norm).toBeGreaterThan(1); // so that clipping happens
      const [measured, factor, finite, skipped] = await device.read(control);
      expect(measured).toBeCloseTo(norm, 5);
      expect(factor).toBeCloseTo(1 / (norm + 1e-6), 6);
      expect([finite, skipped]).toEqual([1, 0]);
      for (const [t, { weights }] of tensors.entries()) {
        (await device.read(weights)).forEach((w, i) => expect(Math.abs(w - state[t]![i]!.w)).toBeLessThan(1e-6));
      }
    });

    it.each([Number.NaN, Number.POSITIVE_INFINITY, 1e30])('leaves everything as it is when a gradient is %d', async (bad) => {
      const { initial, tensors, control, update } = optimizer();
      const gradients = sizes.map((count, t) => Array.from({ length: count }, (_, i) => (t === 0 && i === 4711 ? bad : 1)));
      update(gradients, 1);
      update(gradients, 2);
      expect((await device.read(control)).slice(2)).toEqual(Float32Array.of(0, 2));
      for (const [t, { weights, m, v }] of tensors.entries()) {
        expect(await device.read(weights)).toEqual(Float32Array.from(initial[t]!));
        for (const moments of [m, v]) expect((await device.read(moments)).every((x) => x === 0)).toBe(true);
      }
    });
  });
}
