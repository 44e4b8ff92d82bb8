import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { type Device, tensorOf } from '../../src/gpu/device.ts';
import { matmul, matrix, transposed } from '../../src/kernels/matmul.ts';
import { type MatmulOptions, matmulDirect } from '../../src/kernels/matmul-forms.ts';
import { matmulScratch } from '../../src/kernels/matmul-tile.ts';
import { openTestDevice } from '../device.ts';

const ROWS = 128;
const N = 37;
const K = 1030; // three chunks of the tile form, the last one ragged

type Product = (device: Device, a: Float32Array, rows: number, b: Float32Array) => Promise<Float32Array>;

const numbers = (length: number, name: string): Float32Array => {
  const stream = Random.seeded(7).fork(name);
  return Float32Array.from({ length }, (_, i) => 2 * stream.uniform(i) - 1);
};

/** The form that `matmul` takes on this device. */
const chosen =
  (withScratch: boolean): Product =>
  async (device, a, rows, b) => {
    const out = device.create('f32', [rows, N], 'test/out');
    const scratch = withScratch ? device.create('f32', [matmulScratch([rows, N, K])], 'test/scratch') : undefined;
    matmul(device, {
      a: matrix(tensorOf(device, 'f32', [rows, K], a, 'test/a'), K),
      b: transposed(matrix(tensorOf(device, 'f32', [N, K], b, 'test/b'), K)),
      out: matrix(out, N),
      shape: [rows, N, K],
      ...(scratch && { scratch }),
    });
    return Float32Array.from(await device.read(out));
  };

const direct: Product = async (device, a, M, b) => {
  const out = device.create('f32', [M, N], 'test/out');
  const views = { aOffset: 0, aRow: K, aColumn: 1, bOffset: 0, bRow: 1, bColumn: K, addendOffset: 0, addendRow: 0, outOffset: 0, outRow: N };
  const options: MatmulOptions = { M, N, K, ...views, useAddend: 0, accumulate: 0 };
  const tensors = { a: tensorOf(device, 'f32', [M, K], a, 'test/a'), b: tensorOf(device, 'f32', [N, K], b, 'test/b'), addend: device.none.f32, out };
  device.run(matmulDirect, tensors, options);
  return Float32Array.from(await device.read(out));
};

let own: Device;
let portable: Device;

beforeAll(async () => {
  own = await openTestDevice();
  portable = await openTestDevice({ tier: 'portable' });
});

afterAll(() => {
  own.close();
  portable.close();
});

const bits = (values: Float32Array): Uint32Array => new Uint32Array(values.slice().buffer);

describe('a row of a product has the same bits alone, among 7 and among 127 others', () => {
  const a = numbers(ROWS * K, 'a');
  const b = numbers(N * K, 'b');

  it.each([
    ['the form of this adapter', () => own, chosen(false)],
    ['the direct form', () => own, direct],
    ['the tile form', () => portable, chosen(false)],
    ['the tile form, chunks side by side', () => portable, chosen(true)],
  ] as const)('%s', async (_, device, product) => {
    const all = await product(device(), a, ROWS, b);
    for (const row of [0, 5, 77, 127]) {
      const expected = bits(all.subarray(row * N, (row + 1) * N));
      const alone = await product(device(), a.subarray(row * K, (row + 1) * K), 1, b);
      expect(bits(alone)).toEqual(expected);
      const first = Math.min(row, ROWS - 8);
      const among7 = await product(device(), a.subarray(first * K, (first + 8) * K), 8, b);
      expect(bits(among7.subarray((row - first) * N, (row - first + 1) * N))).toEqual(expected);
    }
  });

  it('the tile form, however many workgroups share the sum', async () => {
    expect(bits(await chosen(true)(portable, a, ROWS, b))).toEqual(bits(await chosen(false)(portable, a, ROWS, b)));
  });
});
