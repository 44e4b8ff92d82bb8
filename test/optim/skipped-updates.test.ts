/** An update whose gradient is not finite leaves no trace: not in the weights, and not in the correction of the moments' bias. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Device, tensorOf } from '../../src/gpu/device.ts';
import type { GpuDevice } from '../../src/gpu/gpu-device.ts';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import { AdamW } from '../../src/optim/adamw.ts';
import { openTestDevice } from '../device.ts';

let device: GpuDevice;

beforeAll(async () => {
  device = await openTestDevice();
});

afterAll(() => device.close());

const devices: readonly (readonly [string, () => Device, digits: number])[] = [
  ['this adapter', () => device, 6],
  ['the reference', () => new ReferenceDevice(), 14],
];

const COUNT = 70;
const BAD = Number.NaN;

/** The weights after updates of constant gradients; `awaited` waits for each report before the next update, as a new step does. */
async function weightsAfter(on: Device, gradients: readonly number[], awaited: boolean) {
  const weights = tensorOf(on, 'f32', [COUNT], new Float64Array(COUNT).fill(0.5), 'test/weights');
  const gradient = on.create('f32', [COUNT], 'test/gradient');
  const optimizer = new AdamW(on, [{ name: 'w', weights, gradient }], { betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, maxGradNorm: 0 });
  const reports = [];
  for (const value of gradients) {
    on.upload(gradient, new Float64Array(COUNT).fill(value));
    const report = optimizer.update(0.01);
    reports.push(report);
    if (awaited) await report;
  }
  const finite = (await Promise.all(reports)).map((report) => report.finite);
  return { weights: (await on.read(weights))[COUNT - 1]!, step: optimizer.step, finite };
}

describe.each(devices)('skipped updates, on %s', (_, on, digits) => {
  it.each([
    ['before the first', [BAD, BAD, 1, -0.5]],
    ['between two', [1, BAD, BAD, BAD, -0.5]],
  ])('%s change nothing of what follows, known to the host or not', async (_where, gradients) => {
    const wanted = await weightsAfter(on(), [1, -0.5], true);
    for (const awaited of [true, false]) {
      const got = await weightsAfter(on(), gradients, awaited);
      expect(got.weights).toBeCloseTo(wanted.weights, digits);
      expect(got.step).toBe(2);
      expect(got.finite).toEqual(gradients.map(Number.isFinite));
    }
    // The two steps are told apart from the same ones corrected as the third and fourth.
    expect(Math.abs(wanted.weights - 0.5)).toBeGreaterThan(1e-4);
  });

  it('counted as made they would change it: the test can fail', async () => {
    const wanted = await weightsAfter(on(), [1, -0.5], true);
    const later = await weightsAfter(on(), [1e-20, 1e-20, 1, -0.5], true);
    expect(Math.abs(later.weights - wanted.weights)).toBeGreaterThan(1e-4);
  });
});
