import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GpuDevice } from '../../src/gpu/gpu-device.ts';
import { PlanningDevice } from '../../src/gpu/planning-device.ts';
import { traitsOf } from '../../src/gpu/traits.ts';
import type { PackedFormat } from '../../src/kernels/weight-format.ts';
import { parameterShapes } from '../../src/model/config.ts';
import { createParameters, type FormatOf, readParts } from '../../src/model/parameters.ts';
import type { Weights } from '../../src/model/weights.ts';
import { openTestDevice, type TestDeviceOptions } from '../device.ts';
import { config, differences, leastBinding, loaded, passOn, published, rangesOf, source } from './ranged-model.ts';

/** Devices of the test's adapter: with its own limits, and opened anew where one binds less. */
const opened: GpuDevice[] = [];
async function open(options: Pick<TestDeviceOptions, 'maxBindingBytes'> = {}): Promise<GpuDevice> {
  const device = await openTestDevice(options);
  opened.push(device);
  return device;
}

let whole: GpuDevice;

beforeAll(async () => {
  whole = await open();
});

afterAll(() => opened.forEach((device) => device.close()));

describe('a model whose matrices are bound in ranges of rows', () => {
  it('says, samples and learns what it does bound whole, bit for bit', async () => {
    const ranged = await open({ maxBindingBytes: leastBinding('f32') });
    const [one, split] = [await loaded(whole, () => 'f32'), await loaded(ranged, () => 'f32')];
    expect([rangesOf(one), rangesOf(split)]).toEqual([
      [1, 1, 1, 1],
      [3, 3, 3, 2],
    ]);
    expect(differences(await passOn(ranged, split, false), await passOn(whole, one, false))).toEqual([]);
    // As it was published, whatever it was cut into.
    const parts = await readParts(ranged, split);
    expect([...parts.keys()].toSorted()).toEqual([...parameterShapes(config).keys()].toSorted());
    for (const [name, { shape, data }] of parts) {
      expect([name, shape]).toEqual([name, parameterShapes(config).get(name)]);
      expect(differences(new Map([[name, data]]), new Map([[name, await source.read(name)]]))).toEqual([]);
    }
  });

  it('is refused where a binding holds no 512 rows', () => {
    const planning = new PlanningDevice(traitsOf('software', { maxBindingBytes: leastBinding('f32') - 4 }));
    expect(() => createParameters(planning, config)).toThrow(/embedding: expected an adapter that binds 512 rows of 576 numbers \(1179648 bytes as f32\)/);
  });
});

describe('a model with packed weights', () => {
  it.each<PackedFormat>(['f16', 'q8_0'])(
    '%s says, samples and learns through LoRA what f32 weights of the same values do, bit for bit, in one and in ranges',
    async (format) => {
      const ranged = await open({ maxBindingBytes: leastBinding(format) });
      const [packed, split] = [await loaded(whole, () => format), await loaded(ranged, () => format)];
      expect([rangesOf(packed), rangesOf(split)]).toEqual([
        [1, 1, 1, 1],
        [3, 3, 3, 2],
      ]);
      const expected = await passOn(whole, await loaded(whole, () => 'f32', await published(whole, packed)), true);
      expect(differences(await passOn(whole, packed, true), expected)).toEqual([]);
      expect(differences(await passOn(ranged, split, true), expected)).toEqual([]);
    },
  );

  it('holds formats that change within a matrix in a range each', async () => {
    const mixed: FormatOf = (name) => (name.includes('k_proj') ? 'q8_0' : name.includes('q_proj') ? 'q4_0' : 'f16');
    const packed = await loaded(whole, mixed);
    expect(packed.layers[0]!.qkv.ranges.map(({ firstRow, endRow, parameter }) => [firstRow, endRow, parameter.format])).toEqual([
      [0, 256, 'q4_0'],
      [256, 384, 'q8_0'],
      [384, 512, 'f16'],
    ]);
    const expected = await passOn(whole, await loaded(whole, () => 'f32', await published(whole, packed)), true);
    const got = await passOn(whole, packed, true);
    for (const name of ['log-probs', 'entropies', 'sampled log-probs']) expect(got.get(name)).toEqual(expected.get(name));
  });

  it('refuses numbers past the range of f16, and says how many', async () => {
    const wide: Weights = { ...source, read: async (name, first, count) => (await source.read(name, first, count)).fill(70_000, 3, 5) };
    await expect(loaded(whole, () => 'f16', wide)).rejects.toThrow(
      /embedding: expected weights between ±65504 to hold as f16, got 2 of \d+ beyond, up to 70000/,
    );
  });
});
