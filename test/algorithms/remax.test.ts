/** ReMax: each completion against the greedy one of its prompt, in the whole pipeline. */

import { describe, expect, it } from 'vitest';
import { createAlgorithm } from '../../src/algorithms/index.ts';
import { readRecipe } from '../../src/recipe/read.ts';
import { fixture, rolloutBatchOf } from './fixture-batch.ts';

describe('ReMax', () => {
  const batch = rolloutBatchOf({ ...fixture('F0'), reward: [1, 0, 'NaN', 0.5] });

  it('sets each reward against the greedy one: R − R_greedy', () => {
    const { values, informative, metrics } = createAlgorithm({ advantage: 'remax' }).advantages({ ...batch, greedyRewards: Float64Array.of(0.75, 0.5) });
    expect([...values]).toEqual([0.25, -0.75, 0, 0]);
    expect([...informative]).toEqual([1, 0]);
    expect(metrics['reward_greedy']).toBe(0.625);
  });

  it('gives a group without a baseline 0, and says what it lacks where there is none at all', () => {
    const remax = createAlgorithm({ advantage: 'remax' });
    expect([...remax.advantages({ ...batch, greedyRewards: Float64Array.of(Number.NaN, 0) }).values]).toEqual([0, 0, 0, 0.5]);
    const { greedyRewards: _, ...without } = batch;
    expect(() => remax.advantages(without)).toThrow(/remax: expected the rewards of greedy completions/);
  });

  it('is asked for by this estimator alone, and lets a group have one row', async () => {
    expect(createAlgorithm({ advantage: 'remax' }).needs.greedyRewards).toBe(true);
    expect(createAlgorithm({ advantage: 'rloo' }).needs.greedyRewards).toBe(false);
    const single = ['data.task=make_the_number', 'model.path=models/make-the-number', 'reward=[{"use":"make_the_number"}]', 'rollout.n=1'];
    await expect(readRecipe({ overrides: [...single, 'algorithm.advantage=remax'] })).resolves.toBeDefined();
    await expect(readRecipe({ overrides: [...single, 'algorithm.advantage=rloo'] })).rejects.toThrow(/rollout.n/);
  });
});
