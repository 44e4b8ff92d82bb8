import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTfjs, type Tfjs } from '../../bench/tfjs.ts';
import { Random } from '../../src/base/random.ts';
import { tensorOf } from '../../src/gpu/device.ts';
import type { OpenedDevice } from '../../src/gpu/open-device-node.ts';
import { matmul, matrix, transposed } from '../../src/kernels/matmul.ts';
import { MOMENTS, STATE_WIDTH, tokenStatsFinish, tokenStatsTile } from '../../src/kernels/token-stats.ts';
import { openTestAdapter } from '../device.ts';

let opened: OpenedDevice;
let tfjs: Tfjs;

beforeAll(async () => {
  opened = await openTestAdapter();
  tfjs = await openTfjs(opened);
});

afterAll(() => opened.device.close());

const numbers = (length: number, name: string, scale = 1): Float32Array => {
  const stream = Random.seeded(3).fork(name);
  return Float32Array.from({ length }, (_, i) => scale * (2 * stream.uniform(i) - 1));
};

function expectClose(got: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(got.length).toBe(expected.length);
  const errors = Array.from(got, (value, i) => Math.abs(value - expected[i]!));
  expect(
    errors.every((error) => error <= tolerance),
    `largest difference ${Math.max(...errors)}, allowed ${tolerance}`,
  ).toBe(true);
}

describe('TensorFlow.js on the same device finds the same', () => {
  it.each([
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ])('products of matrices, transposed a %s, b %s', async (isATransposed, isBTransposed) => {
    const [M, N, K] = [65, 37, 130];
    const a = numbers(M * K, 'a');
    const b = numbers(N * K, 'b');
    const { device, adapter } = opened;
    const out = device.create('f32', [M, N], 'test/out');
    const [aRows, aColumns] = isATransposed ? [K, M] : [M, K];
    const [bRows, bColumns] = isBTransposed ? [N, K] : [K, N];
    const aView = matrix(tensorOf(device, 'f32', [aRows, aColumns], a, 'test/a'), aColumns);
    const bView = matrix(tensorOf(device, 'f32', [bRows, bColumns], b, 'test/b'), bColumns);
    matmul(device, { a: isATransposed ? transposed(aView) : aView, b: isBTransposed ? transposed(bView) : bView, out: matrix(out, N), shape: [M, N, K] });
    const { tf } = tfjs;
    const theirs = tf.matMul(tf.tensor2d(a, [aRows, aColumns]), tf.tensor2d(b, [bRows, bColumns]), isATransposed, isBTransposed);
    expectClose(await device.read(out), await adapter.settle(theirs.data()), 2e-5);
  });

  it('log-probs of targets, and entropies', async () => {
    const [count, vocabulary, temperature] = [33, 203, 0.7];
    const values = numbers(count * vocabulary, 'logits', 6);
    const ids = Array.from({ length: count }, (_, row) => (row * 61) % vocabulary);
    const { device, adapter } = opened;
    const state = device.create('f32', [count, STATE_WIDTH], 'test/state');
    const logProbs = device.create('f32', [count], 'test/log-probs');
    const entropies = device.create('f32', [count], 'test/entropies');
    const moments = device.create('f32', [count, MOMENTS.length], 'test/moments');
    const slots = tensorOf(
      device,
      'u32',
      [count],
      ids.map((_, row) => row),
      'test/slots',
    );
    const logits = tensorOf(device, 'f32', [count, vocabulary], values, 'test/logits');
    tokenStatsTile(device, {
      logits,
      targets: tensorOf(device, 'u32', [count], ids, 'test/targets'),
      state,
      count,
      tileStart: 0,
      tileWidth: vocabulary,
      temperature,
      first: true,
    });
    tokenStatsFinish(device, { state, slots, logProbs, entropies, moments, count, vocabulary });

    const { tf } = tfjs;
    const all = tf.logSoftmax(tf.div(tf.tensor2d(values, [count, vocabulary]), temperature));
    const chosen = tf.gatherND(
      all,
      tf.tensor2d(
        ids.map((id, row) => [row, id]),
        [count, 2],
        'int32',
      ),
    );
    const spread = tf.neg(tf.sum(tf.mul(tf.exp(all), all), 1));
    expectClose(await device.read(logProbs), await adapter.settle(chosen.data()), 2e-5);
    expectClose(await device.read(entropies), await adapter.settle(spread.data()), 2e-5);
  });
});
