import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Device } from '../../src/gpu/device.ts';
import type { GpuDevice } from '../../src/gpu/gpu-device.ts';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import type { MetricsRow } from '../../src/trainer/observer.ts';
import { openTestDevice } from '../device.ts';
import { runTiny, tinyRecipe } from './tiny-run.ts';

let device: GpuDevice;

beforeAll(async () => {
  device = await openTestDevice();
});

afterAll(() => device.close());

const devices: readonly (readonly [string, () => Device])[] = [
  ['this adapter', () => device],
  ['the reference', () => new ReferenceDevice()],
];

/** A metric in the first step, and its mean over the last five. */
function course(rows: readonly MetricsRow[], name: string): { readonly first: number; readonly last: number } {
  return { first: Number(rows[0]![name]), last: rows.slice(-5).reduce((sum, row) => sum + Number(row[name]) / 5, 0) };
}

describe.each(devices)('a tiny policy on %s learns', (_, on) => {
  it.each([7, 8, 9])('to write low digits, by GRPO, and its entropy falls (seed %i)', async (seed) => {
    const run = await runTiny(
      on(),
      await tinyRecipe(`seed=${seed}`, 'steps=24', 'batch={"prompts":8,"update_prompts":4}', 'optim={"lr":0.02,"warmup_steps":0}'),
    );
    expect(run.error).toBeUndefined();
    const [reward, entropy] = [course(run.rows, 'reward'), course(run.rows, 'entropy')];
    console.log(`GRPO: reward ${reward.first.toFixed(2)} → ${reward.last.toFixed(2)}, entropy ${entropy.first.toFixed(2)} → ${entropy.last.toFixed(2)} nats`);
    expect(reward.first).toBeLessThan(0.5);
    expect(reward.last).toBeGreaterThan(0.95);
    expect(entropy.last).toBeLessThan(0.5 * entropy.first);
  });

  it('the grammar of sums, by supervised training', async () => {
    const run = await runTiny(on(), await tinyRecipe('method=sft', 'steps=50', 'batch={"prompts":16}', 'optim={"lr":0.02,"warmup_steps":0}'));
    expect(run.error).toBeUndefined();
    const loss = course(run.rows, 'loss');
    console.log(`supervised: loss ${loss.first.toFixed(2)} → ${loss.last.toFixed(2)} nats`);
    expect(loss.first).toBeGreaterThan(Math.log(18));
    expect(loss.last).toBeLessThan(1.4);
  });
});
