import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Device } from '../../src/gpu/device.ts';
import type { GpuDevice } from '../../src/gpu/gpu-device.ts';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import { openTestDevice } from '../device.ts';
import { runTiny, tinyRecipe } from './tiny-run.ts';

let device: GpuDevice;

beforeAll(async () => {
  device = await openTestDevice();
});

afterAll(() => device.close());

/** Tokens of the task. */
const VOCABULARY = 18;

const NOTHING_CLIPPED = {
  ppo_kl: 0,
  ppo_kl_abs: 0,
  'clip_ratio/region_mean': 0,
  'clip_ratio/low_mean': 0,
  'clip_ratio/high_mean': 0,
  'clip_ratio/high_max': 0,
  pg_clipfrac_lower: 0,
};

const devices: readonly (readonly [string, () => Device])[] = [
  ['this adapter', () => device],
  ['the reference', () => new ReferenceDevice()],
];

describe.each(devices)('the first update of a step, on %s', (_, on) => {
  // One update a step: each is the first. Clip bounds of 0 would clip the smallest departure from ratio 1.
  const onPolicy = ['batch={"prompts":4,"update_prompts":4}', 'algorithm.clip_low=0', 'algorithm.clip_high=0'];

  it.each(['sampler', 'trainer'])('has ratio 1 exactly, whichever log-probs are old (%s)', async (source) => {
    const run = await runTiny(on(), await tinyRecipe(...onPolicy, `algorithm.old_log_probs=${source}`));
    expect(run.error).toBeUndefined();
    expect(run.rows.length).toBe(4);
    for (const row of run.rows) {
      expect(row).toMatchObject(NOTHING_CLIPPED);
      expect(row['updates/count']).toBe(1);
      expect(Number(row['grad_norm'])).toBeGreaterThan(0);
    }
  });

  it('is at KL 0 from the reference in step 1, and no longer in step 2', async () => {
    const run = await runTiny(on(), await tinyRecipe(...onPolicy, 'optim.lr=0.01', 'optim.warmup_steps=0', 'steps=2', 'algorithm.kl_coef=0.1'));
    const measured = await runTiny(on(), await tinyRecipe(...onPolicy, 'optim.lr=0.01', 'optim.warmup_steps=0', 'steps=2', 'ref.measure_kl=true'));
    for (const { rows, error } of [run, measured]) {
      expect(error).toBeUndefined();
      expect(rows[0]!['kl']).toBe(0);
      expect(Number(rows[1]!['kl'])).toBeGreaterThan(0);
    }
  });

  it('finds an entropy between 0 and ln V, and a sampler within 1e-4 nats', async () => {
    const { rows } = await runTiny(on(), await tinyRecipe());
    for (const row of rows) {
      expect(Number(row['entropy'])).toBeGreaterThan(0);
      expect(Number(row['entropy'])).toBeLessThan(Math.log(VOCABULARY));
      expect(Number(row['sampling/sampling_logp_difference/max'])).toBeLessThan(1e-4);
    }
  });

  it('is followed by updates whose ratios are not 1', async () => {
    const { rows } = await runTiny(
      on(),
      await tinyRecipe(
        'batch={"prompts":4,"update_prompts":1,"epochs":2}',
        'optim.lr=0.03',
        'optim.warmup_steps=0',
        'algorithm.clip_low=0',
        'algorithm.clip_high=0',
      ),
    );
    for (const row of rows) {
      expect(row['updates/count']).toBe(8);
      expect(Number(row['ppo_kl_abs'])).toBeGreaterThan(0);
      expect(Number(row['clip_ratio/region_mean'])).toBeGreaterThan(0);
    }
  });
});
