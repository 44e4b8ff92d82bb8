import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Device, tensorOf } from '../../src/gpu/device.ts';
import type { GpuDevice } from '../../src/gpu/gpu-device.ts';
import type { HostArray, Tensor } from '../../src/gpu/tensor.ts';
import { attentionForward } from '../../src/kernels/attention.ts';
import { layerNormBackward, layerNormForward } from '../../src/kernels/layer-norm.ts';
import { rmsNormBackward, rmsNormForward } from '../../src/kernels/rms-norm.ts';
import { rowsOf } from '../../src/kernels/rows.ts';
import { openTestDevice } from '../device.ts';
import { numberSource } from './kernel-case.ts';
import { packedGroups } from './packed-groups.ts';

const numbers = numberSource('row-alone');

let devices: readonly GpuDevice[];

beforeAll(async () => {
  devices = [await openTestDevice(), await openTestDevice({ tier: 'portable' })];
});

afterAll(() => devices.forEach((device) => device.close()));

/** The bits of f32 elements, as text that a failed comparison can show. */
async function bitsOf(device: Device, tensor: Tensor, start: number, count: number): Promise<number[]> {
  const values: HostArray = await device.read(tensor);
  return [...new Uint32Array(Float32Array.from(values).buffer).subarray(start, start + count)];
}

describe("a row's bits depend on that row alone", () => {
  it.each([8, 37, 1024])('in rms-norm over %i elements, forward and backward', async (width) => {
    const count = 130;
    const { data } = numbers([count, width]);
    const { data: slopes } = numbers([count, width]);
    const { data: weights } = numbers([width]);
    for (const device of devices) {
      const results = async (first: number, rows: number) => {
        const tensor = (values: ArrayLike<number>) =>
          tensorOf(device, 'f32', [rows, width], Array.from(values).slice(first * width, (first + rows) * width), 'x');
        const [x, dOut] = [tensor(data), tensor(slopes)];
        const weight = tensorOf(device, 'f32', [width], weights, 'weight');
        const [out, dX, inverseRms] = [
          device.create('f32', [rows, width], 'out'),
          device.create('f32', [rows, width], 'dX'),
          device.create('f32', [rows, 1], 'inverseRms'),
        ];
        const shape = { count: rows, heads: 1, width };
        rmsNormForward(device, { x: rowsOf(x, width), weight, out: rowsOf(out, width), inverseRms, ...shape, eps: 1e-6 });
        rmsNormBackward(device, { x: rowsOf(x, width), weight, inverseRms, dOut: rowsOf(dOut, width), dX: rowsOf(dX, width), ...shape, accumulate: false });
        const at = (77 - first) * width;
        return [await bitsOf(device, out, at, width), await bitsOf(device, dX, at, width)];
      };
      const among = await results(0, count);
      expect(await results(77, 1)).toEqual(among);
      expect(await results(72, 7)).toEqual(among);
    }
  });

  it.each([37, 1024])('in layer-norm over %i elements, forward and backward', async (width) => {
    const count = 9;
    const [{ data }, { data: slopes }, { data: weights }] = [numbers([count, width]), numbers([count, width]), numbers([width])];
    for (const device of devices) {
      const results = async (first: number, rows: number) => {
        const tensor = (values: ArrayLike<number>) =>
          tensorOf(device, 'f32', [rows, width], Array.from(values).slice(first * width, (first + rows) * width), 'x');
        const [x, dOut, weight] = [tensor(data), tensor(slopes), tensorOf(device, 'f32', [width], weights, 'weight')];
        const [out, dX, statistics] = [
          device.create('f32', [rows, width], 'out'),
          device.create('f32', [rows, width], 'dX'),
          device.create('f32', [rows, 2], 'statistics'),
        ];
        const shared = { x: rowsOf(x, width), weight, statistics, count: rows, width };
        layerNormForward(device, { ...shared, bias: weight, out: rowsOf(out, width), eps: 1e-5 });
        layerNormBackward(device, { ...shared, dOut: rowsOf(dOut, width), dX: rowsOf(dX, width), accumulate: false });
        const at = (5 - first) * width;
        return [await bitsOf(device, out, at, width), await bitsOf(device, dX, at, width)];
      };
      expect(await results(5, 1)).toEqual(await results(0, count));
    }
  });

  it.each([
    { headWidth: 6, window: 0 },
    { headWidth: 16, window: 6 },
    { headWidth: 64, window: 0 },
  ])('in attention of width $headWidth, window $window: in a packed batch, and one query over a cache laid out otherwise', async ({ headWidth, window }) => {
    const [heads, kvHeads] = [4, 2];
    const [query, key] = [heads * headWidth, kvHeads * headWidth];
    const row = query + 2 * key;
    const { count, ranges } = packedGroups([
      [5, 4],
      [9, 6, 8, 3],
    ]);
    const { data } = numbers([count, row]);
    const packedRows = Array.from({ length: count }, (_, i) => Array.from(data).slice(i * row, (i + 1) * row));
    const shape = { heads, kvHeads, headWidth, window, scale: 1 / Math.sqrt(headWidth) };
    const last = 9 + 9 + 6 + 8 - 1; // the last token of the second group's second completion
    const [prefixStart = 0, prefixEnd = 0, ownStart = 0, ownEnd = 0] = ranges.slice(last * 4);
    for (const device of devices) {
      const packed = tensorOf(device, 'f32', [count, row], data, 'packed');
      const all = { out: device.create('f32', [count, query], 'out'), lse: device.create('f32', [count, heads], 'lse') };
      attentionForward(device, {
        ...{ queries: rowsOf(packed, row), keys: rowsOf(packed, row, query), values: rowsOf(packed, row, query + key) },
        ...{ out: rowsOf(all.out, query), lse: all.lse, ranges: tensorOf(device, 'u32', [count, 4], ranges, 'ranges'), ...shape, count },
      });

      const seen = [...packedRows.slice(ownStart, ownEnd), ...packedRows.slice(prefixStart, prefixEnd)].map((values) => values.slice(query));
      const own = ownEnd - ownStart;
      const cache = tensorOf(device, 'f32', [seen.length, 2 * key], seen.flat(), 'cache');
      const one = { out: device.create('f32', [1, query], 'out'), lse: device.create('f32', [1, heads], 'lse') };
      attentionForward(device, {
        ...{ queries: rowsOf(packed, row, last * row), keys: rowsOf(cache, 2 * key), values: rowsOf(cache, 2 * key, key) },
        ...{ out: rowsOf(one.out, query), lse: one.lse, ranges: tensorOf(device, 'u32', [1, 4], [own, seen.length, 0, own], 'ranges'), ...shape, count: 1 },
      });
      expect(await bitsOf(device, one.out, 0, query)).toEqual(await bitsOf(device, all.out, last * query, query));
      expect(await bitsOf(device, one.lse, 0, heads)).toEqual(await bitsOf(device, all.lse, last * heads, heads));
    }
  });
});
