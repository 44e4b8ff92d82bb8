/** Moments in half the memory: they stay right on average, and training goes where it goes with f32. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { floatOfBfloat16 } from '../../src/base/half.ts';
import { Random } from '../../src/base/random.ts';
import { tensorOf } from '../../src/gpu/device.ts';
import type { GpuDevice } from '../../src/gpu/gpu-device.ts';
import { AdamW, type MomentFormat } from '../../src/optim/adamw.ts';
import { openTestDevice } from '../device.ts';

let device: GpuDevice;

beforeAll(async () => {
  device = await openTestDevice();
});

afterAll(() => device.close());

const COUNT = 513;
const UPDATES = 200;

function optimizerOf(moments: MomentFormat, seed = 1) {
  const weights = tensorOf(device, 'f32', [COUNT], new Float32Array(COUNT).fill(1), 'test/weights');
  const gradient = device.create('f32', [COUNT], 'test/gradient');
  const options = { betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, maxGradNorm: 0, moments, random: Random.seeded(seed) } as const;
  return { weights, gradient, optimizer: new AdamW(device, [{ name: 'w', weights, gradient }], options) };
}

/** Moments of a run, widened. */
async function run(moments: MomentFormat, seed = 1, updates = UPDATES) {
  const { weights, gradient, optimizer } = optimizerOf(moments, seed);
  const random = Random.seeded(9);
  for (let update = 0; update < updates; update++) {
    const noise = random.fork(`${update % 8}`);
    device.upload(
      gradient,
      // Large at first, then small: running squares then fall by a thousandth of themselves an update, less than half a step.
      Float32Array.from({ length: COUNT }, (_, i) => (update < 8 ? 1 : 0.05) * (noise.normal(i) + (i % 3 === 0 ? 0.2 : 0))),
    );
    const report = optimizer.update(1e-3);
    if (update % 50 === 49) await report;
  }
  const numbers = async (kind: 'm' | 'v'): Promise<number[]> => {
    const held = await device.read(optimizer.moments.get('w')![kind]);
    return moments === 'f32' ? [...held] : Array.from({ length: COUNT }, (_, i) => floatOfBfloat16((held[i >>> 1]! >>> (16 * (i & 1))) & 0xffff));
  };
  return { weights: await device.read(weights), m: await numbers('m'), v: await numbers('v') };
}

const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

describe('bf16 moments', () => {
  it('take half the bytes', () => {
    const bytesOf = (moments: MomentFormat): number => {
      const { m, v } = optimizerOf(moments).optimizer.moments.get('w')!;
      return m.storage.bytes + v.storage.bytes;
    };
    expect(bytesOf('f32')).toBe(2 * 4 * COUNT);
    expect(bytesOf('bf16')).toBe(2 * 2 * (COUNT + 1));
  });

  it('stay near those of f32: running squares on average within a hundredth, where rounding to the nearest would leave them a fifth too large', async () => {
    const [wide, packed] = [await run('f32'), await run('bf16')];
    const [first, second] = [mean(packed.m.map((value, i) => Math.abs(value - wide.m[i]!))), mean(packed.v.map((value, i) => value / wide.v[i]!))];
    const moved = mean(wide.weights.map((value) => Math.abs(value - 1)));
    const apart = mean(packed.weights.map((value, i) => Math.abs(value - wide.weights[i]!)));
    console.log(
      `bf16 moments on ${device.name} after ${UPDATES} updates: m ${first.toExponential(1)} off, mean v ${((second - 1) * 100).toFixed(2)} % off, weights ${apart.toExponential(1)} apart, having moved ${moved.toExponential(1)}`,
    );
    expect(Math.abs(second - 1)).toBeLessThan(0.01);
    expect(apart).toBeLessThan(0.02 * moved);
  });

  it('are the same bits again, and others from another seed', async () => {
    const [one, again, other] = [await run('bf16', 1, 20), await run('bf16', 1, 20), await run('bf16', 2, 20)];
    expect(again).toEqual(one);
    expect(other.v).not.toEqual(one.v);
  });
});
