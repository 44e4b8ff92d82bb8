/** Does this adapter compute what the kernels mean? A product and token statistics against float64, and how fast a product is. */

import { Random } from '../base/random.ts';
import { type Device, tensorOf } from '../gpu/device.ts';
import { timePerRun } from '../gpu/probe.ts';
import { ReferenceDevice } from '../gpu/reference-device.ts';
import type { Tensor } from '../gpu/tensor.ts';
import { matmul, matrix } from '../kernels/matmul.ts';
import { MOMENTS, STATE_WIDTH, tokenStatsFinish, tokenStatsTile } from '../kernels/token-stats.ts';

export interface Check {
  readonly name: string;
  /** The largest difference from float64, each relative to the larger of 1 and the expected value. */
  readonly worst: number;
  readonly tolerance: number;
  readonly passed: boolean;
}

const TOLERANCE = 1e-4;

/** @throws DeviceError if the device fails */
export async function selfCheck(device: Device): Promise<readonly Check[]> {
  return [await check('matmul', device, smallProduct), await check('token statistics', device, smallStats)];
}

async function check(name: string, device: Device, compute: (device: Device) => Promise<readonly number[]>): Promise<Check> {
  const [actual, expected] = [await compute(device), await compute(new ReferenceDevice())];
  // Math.max keeps a NaN, which no tolerance admits.
  const worst = expected.reduce((most, value, i) => Math.max(most, Math.abs(actual[i]! - value) / Math.max(1, Math.abs(value))), 0);
  return { name, worst, tolerance: TOLERANCE, passed: worst <= TOLERANCE };
}

/** Sizes that are no multiple of any tile. */
async function smallProduct(device: Device): Promise<readonly number[]> {
  const [M, N, K] = [37, 29, 65];
  const a = tensorOf(device, 'f32', [M, K], numbers('a', M * K), 'check/a');
  const b = tensorOf(device, 'f32', [K, N], numbers('b', K * N), 'check/b');
  const out = device.create('f32', [M, N], 'check/out');
  matmul(device, { a: matrix(a, K), b: matrix(b, N), out: matrix(out, N), shape: [M, N, K] });
  return readAndDestroy(device, [out], [a, b]);
}

async function smallStats(device: Device): Promise<readonly number[]> {
  const [count, vocabulary] = [9, 101];
  const logits = tensorOf(
    device,
    'f32',
    [count, vocabulary],
    numbers('logits', count * vocabulary).map((x) => 8 * x),
    'check/logits',
  );
  const ids = Uint32Array.from({ length: count }, (_, row) => row);
  const targets = tensorOf(
    device,
    'u32',
    [count],
    ids.map((row) => (row * 37) % vocabulary),
    'check/targets',
  );
  const slots = tensorOf(device, 'u32', [count], ids, 'check/slots');
  const state = device.create('f32', [count, STATE_WIDTH], 'check/state');
  const logProbs = device.create('f32', [count], 'check/log-probs');
  const entropies = device.create('f32', [count], 'check/entropies');
  const moments = device.create('f32', [count, MOMENTS.length], 'check/moments');
  tokenStatsTile(device, { logits, targets, state, count, tileStart: 0, tileWidth: vocabulary, temperature: 1, first: true });
  tokenStatsFinish(device, { state, slots, logProbs, entropies, moments, count, vocabulary });
  return readAndDestroy(device, [logProbs, entropies], [logits, targets, slots, state, moments]);
}

async function readAndDestroy(device: Device, results: readonly Tensor[], others: readonly Tensor[]): Promise<readonly number[]> {
  const values: number[] = [];
  for (const result of results) values.push(...(await device.read(result)));
  for (const tensor of [...results, ...others]) device.destroy(tensor);
  return values;
}

/** Numbers in (−1, 1), the same on every machine and exact in f32. */
function numbers(name: string, length: number): Float32Array {
  const random = Random.seeded(1).fork(name);
  return Float32Array.from({ length }, (_, i) => 2 * random.uniform(i) - 1);
}

export interface ProductSpeed {
  /** The matrices are [side, side]. */
  readonly side: number;
  /** 10⁹ floating-point operations a second. */
  readonly gflops: number;
}

/** Measures the engine's own product of two square f32 matrices. */
export async function measureProduct(device: Device): Promise<ProductSpeed> {
  const side = device.traits.tier === 'software' ? 512 : 2048;
  const square = (name: string): Tensor => device.create('f32', [side, side], `probe/${name}`);
  const [a, b, out] = [square('a'), square('b'), square('out')];
  const ms = await timePerRun(device, () => matmul(device, { a: matrix(a, side), b: matrix(b, side), out: matrix(out, side), shape: [side, side, side] }));
  for (const tensor of [a, b, out]) device.destroy(tensor);
  return { side, gflops: (2 * side ** 3) / ms / 1e6 };
}
