/** Training through an adapter under dropout, sampled without. */

import { describe, expect, it } from 'vitest';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import { runTiny, tinyRecipe } from './tiny-run.ts';

const run = async (...overrides: readonly string[]) =>
  runTiny(new ReferenceDevice(), await tinyRecipe('optim.warmup_steps=0', 'optim.lr=0.01', 'steps=3', ...overrides));

describe('an adapter trained under dropout', () => {
  it('is not taken for a sampler that has gone wrong, once it says something', async () => {
    const dropped = await run('lora={"rank":2,"dropout":0.2}');
    expect(dropped.error).toBeUndefined();
    expect(dropped.rows.map(({ step }) => step)).toEqual([1, 2, 3]);
    for (const row of dropped.rows) expect(row).not.toHaveProperty('sampling/sampling_logp_difference/max');
    for (const row of (await run('lora={"rank":2}')).rows) expect(Number(row['sampling/sampling_logp_difference/max'])).toBeLessThan(1e-5);
  });

  it('is at ratio 1 in the first update of a step, and off it by noise in the next', async () => {
    const [one, two] = [await run('lora={"rank":2,"dropout":0.2}', 'batch={"prompts":4}'), await run('lora={"rank":2,"dropout":0.2}')];
    expect(one.rows.map((row) => row['ppo_kl_abs'])).toEqual([0, 0, 0]);
    for (const row of two.rows) expect(Number(row['ppo_kl_abs'])).toBeGreaterThan(0);
  });

  it('learns the same however the batch is cut for memory', async () => {
    const [whole, cut] = [await run('lora={"rank":2,"dropout":0.2}'), await run('lora={"rank":2,"dropout":0.2}', 'batch.micro_tokens=14')];
    expect(cut.rows.length).toBe(3);
    whole.rows.forEach((row, index) => expect(Number(cut.rows[index]!['grad_norm'])).toBeCloseTo(Number(row['grad_norm']), 9));
  });
});
