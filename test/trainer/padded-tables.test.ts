/** The padded columns that two releases count, in runs of a very small policy. */

import { describe, expect, it } from 'vitest';
import type { RolloutBatch } from '../../src/algorithms/algorithm.ts';
import { buildRun, trainOptions } from '../../src/recipe/build.ts';
import { silent } from '../../src/trainer/observer.ts';
import { memoryStore } from '../../src/trainer/run-store-memory.ts';
import { train } from '../../src/trainer/train.ts';
import { openTestDevice } from '../device.ts';
import { timeless, tinyRecipe, tinyServices } from './tiny-run.ts';

/** Trains one step; returns the batch that advantages were made from, and the step's metrics. */
async function oneStep(...overrides: readonly string[]) {
  const device = await openTestDevice();
  const recipe = await tinyRecipe('steps=1', 'rollout.temperature=1.3', ...overrides);
  let seen: RolloutBatch | undefined;
  const services = tinyServices(device);
  const watched: typeof services = {
    ...services,
    variant: (algorithm) => ({
      ...algorithm,
      advantages(batch) {
        seen = batch;
        return algorithm.advantages(batch);
      },
    }),
  };
  let row: Record<string, unknown> = {};
  const observer = { ...silent, step: (metrics: Parameters<typeof timeless>[0]) => void (row = timeless(metrics)) };
  const options = trainOptions(recipe, { attempt: 1, recipeHash: 'tiny', deviceName: device.name, resume: 'own' });
  await train(await buildRun(recipe, watched, device.name), memoryStore(), observer, options, new AbortController().signal);
  device.close();
  return { batch: seen!, row };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('compat.bald.positions and compat.edge.entropy_mean: source', () => {
  it('see the rows padded to the longest, each column by what the policy says there', async () => {
    const { batch, row } = await oneStep(
      'algorithm.bald={"passes":2,"coef":1,"aleatoric_coef":1}',
      'algorithm.edge={}',
      'algorithm.compat={"bald":{"positions":"source"},"edge":{"entropy_mean":"source"}}',
    );
    const { T, oldEntropies, meanOfEntropies, entropyOfMean, padded } = batch.tables!;
    const width = 1 + Math.max(...batch.lengths);
    expect(padded!.width).toBe(width);
    // Rows of several lengths: else there is no padding to see.
    expect(new Set(batch.lengths).size).toBeGreaterThan(1);
    for (let i = 0; i < batch.rows; i++) {
      for (let t = 0; t < batch.lengths[i]!; t++) {
        // The sampler's entropy, in f32, of the token that column t predicts.
        expect(padded!.entropies[i * width + t]).toBeCloseTo(oldEntropies[i * T + t]!, 4);
      }
    }
    const all = Array.from({ length: batch.rows * width }, (_, at) => padded!.entropies[at]!);
    expect(all.every((entropy) => entropy > 0 && entropy < 4)).toBe(true);
    expect(entropyOfMean!.length).toBe(batch.rows * T);
    expect(meanOfEntropies!.length).toBe(batch.rows * T);
    const after = (i: number) => Array.from({ length: width - 1 }, (_, t) => i * width + 1 + t);
    const rows = Array.from({ length: batch.rows }, (_, i) => i);
    expect(row['aleatoric_reward']).toBeCloseTo(mean(rows.map((i) => mean(after(i).map((at) => padded!.entropies[at]!)))), 6);
    expect(row['epistemic_reward']).toBeCloseTo(
      mean(rows.map((i) => mean(after(i).map((at) => padded!.entropyOfMean![at]! - padded!.meanOfEntropies![at]!)))),
      6,
    );
    expect(row['edge/P_mean']).toBeCloseTo(mean(rows.map((i) => mean(after(i).map((at) => padded!.entropies[at - 1]!)))), 6);
  });

  it('are off unless asked for', async () => {
    const { batch } = await oneStep('algorithm.bald={"passes":2}', 'algorithm.edge={}');
    expect(batch.tables!.padded).toBeUndefined();
  });
});
