import { describe, expect, it } from 'vitest';
import type { WeightFormat } from '../../src/kernels/weight-format.ts';
import { openTestDevice } from '../device.ts';
import { differences, leastBinding, loaded, passOn, published, rangesOf } from './ranged-model.ts';

/** Beside the ordinary test, every format on both kernel forms of the adapter. */
describe('a model whose matrices are bound in ranges', () => {
  it.each<WeightFormat>(['f32', 'f16', 'bf16', 'q8_0', 'q4_0'])(
    '%s says, samples and learns what f32 weights of the same values do bound whole',
    { timeout: 600_000 },
    async (format) => {
      for (const tier of ['own', 'portable'] as const) {
        const forms = tier === 'own' ? {} : { tier };
        const [whole, ranged] = [await openTestDevice(forms), await openTestDevice({ ...forms, maxBindingBytes: leastBinding(format) })];
        const split = await loaded(ranged, () => format);
        expect(rangesOf(split)).toEqual([3, 3, 3, 2]);
        const expected = await passOn(whole, await loaded(whole, () => 'f32', await published(ranged, split)), true);
        expect(differences(await passOn(ranged, split, true), expected)).toEqual([]);
        for (const device of [whole, ranged]) device.close();
      }
    },
  );
});
