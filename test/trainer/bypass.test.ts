/** Old log-probs that are the sampler's, where it draws from another distribution than the policy's: the ratio is to the sampler (verl's bypass). */

import { describe, expect, it } from 'vitest';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import { runTiny, tinyRecipe } from './tiny-run.ts';

const run = async (...overrides: readonly string[]) =>
  runTiny(new ReferenceDevice(), await tinyRecipe('steps=2', 'batch={"prompts":4,"update_prompts":4}', 'rollout.top_p=0.6', ...overrides));

describe('old_log_probs: sampler, under a filter', () => {
  it.each([
    ['alone', []],
    ['beside a KL charged to rewards, which asks the trainer too', ['algorithm.kl_coef=0.1', 'algorithm.kl_in_reward=true']],
  ])('sets the policy against the sampler in the first update of a step already: %s', async (_, overrides) => {
    const { rows, completions, error } = await run('algorithm.old_log_probs=sampler', ...overrides);
    expect(error).toBeUndefined();
    // What the filter takes away is shared by the rest: the sampler finds its own tokens likelier, every one of them.
    for (const row of rows) expect(Number(row['ppo_kl'])).toBeGreaterThan(0.1);
    expect(completions.length).toBe(32);
  });

  it('and the trainer’s are at ratio 1 there', async () => {
    for (const source of ['trainer', 'auto']) expect((await run(`algorithm.old_log_probs=${source}`)).rows.map((row) => row['ppo_kl'])).toEqual([0, 0]);
  });
});
