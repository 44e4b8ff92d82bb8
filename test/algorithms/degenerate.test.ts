/** Degenerate batches: what the uniform policy says of each, in the whole pipeline. */

import { describe, expect, it } from 'vitest';
import { ADVANTAGES } from '../../src/algorithms/advantage-names.ts';
import type { RolloutBatch } from '../../src/algorithms/algorithm.ts';
import { entropyrl } from '../../src/algorithms/entropyrl.ts';
import { createAlgorithm } from '../../src/algorithms/index.ts';
import { NO_COMPAT } from '../../src/algorithms/compat.ts';
import { readRecipe } from '../../src/recipe/read.ts';

const T = 3;

function batchOf(rewards: readonly number[], groups: readonly (readonly number[])[], lengths: readonly number[] = rewards.map(() => T)): RolloutBatch {
  const rows = rewards.length;
  const table = (value: number) => new Float64Array(rows * T).fill(value);
  return {
    rows,
    groups: groups.map((own, prompt) => ({ prompt, rows: own })),
    rewards: Float64Array.from(rewards),
    rewardParts: new Map([['r', Float64Array.from(rewards)]]),
    lengths: Uint32Array.from(lengths),
    truncated: new Uint8Array(rows),
    maxTokens: T,
    greedyRewards: Float64Array.from(groups, () => 0.25),
    tables: {
      T,
      responseMask: Float64Array.from({ length: rows * T }, (_, at) => (at % T < lengths[Math.floor(at / T)]! ? 1 : 0)),
      oldLogProbs: table(-1),
      oldEntropies: table(1),
      oldSumP2: table(0.5),
    },
  };
}

describe.each(ADVANTAGES)('advantage %s', (advantage) => {
  it('gives a row without a reward 0 and leaves the others finite', () => {
    const { values, tokens } = createAlgorithm({ advantage }).advantages(batchOf([1, Number.NaN, 0, 0.5], [[0, 1, 2, 3]]));
    expect([...values, ...(tokens ?? [])].every(Number.isFinite)).toBe(true);
    expect(values[1]).toBe(0);
    expect(values[0]).toBeGreaterThan(0);
  });

  it('stays finite where every reward is missing, and where a row is empty', () => {
    const missing = createAlgorithm({ advantage }).advantages(batchOf([Number.NaN, Number.NaN], [[0, 1]]));
    expect(Array.from(missing.values)).toEqual([0, 0]);
    const empty = createAlgorithm({ advantage }).advantages(batchOf([1, 0, 0.5], [[0, 1, 2]], [T, 0, T]));
    expect([...empty.values, ...(empty.tokens ?? [])].every(Number.isFinite)).toBe(true);
  });

  it('takes groups of unequal size', () => {
    const { values } = createAlgorithm({ advantage }).advantages(
      batchOf(
        [1, 0, 0, 0.5, 1],
        [
          [0, 1, 2],
          [3, 4],
        ],
      ),
    );
    expect(Array.from(values).every(Number.isFinite)).toBe(true);
  });
});

describe('a group of one', () => {
  const lonely = batchOf([1, 0, 1], [[0], [1, 2]]);
  it('has advantage 0', () => expect(createAlgorithm({}).advantages(lonely).values[0]).toBe(0));
  it('has about its reward under compat raw, and is refused under error', () => {
    const raw = createAlgorithm({ compat: { ...NO_COMPAT, advantage: { singleton: 'raw' } } });
    expect(raw.advantages(lonely).values[0]).toBeCloseTo(1, 5);
    const refused = createAlgorithm({ compat: { ...NO_COMPAT, advantage: { singleton: 'error' } } });
    expect(() => refused.advantages(lonely)).toThrow('expected groups of at least two rows');
  });
  it('is a recipe error where every group would be one, except for reinforce_pp', async () => {
    const overrides = ['model.path=m', 'data.train=p', 'reward=[{"use":"x"}]', 'rollout.n=1'];
    await expect(readRecipe({ overrides })).rejects.toThrow('rollout.n');
    expect((await readRecipe({ overrides: [...overrides, 'algorithm.name=reinforce_pp'] })).recipe.algorithm.advantage).toBe('reinforce_pp');
  });
});

describe('a missing score', () => {
  it('leaves the base bound and is counted', () => {
    const scores = new Map([['chair', Float64Array.from([0, Number.NaN])]]);
    const terms = new Map<string, Float64Array>();
    const metrics: Record<string, number> = {};
    const batch = { ...batchOf([1, 0], [[0, 1]]), externalScores: scores };
    const options = { score: 'chair', rule: 'step', threshold: 1e-4, low: 0.3, high: 0.5, min: 0, max: 10 } as const;
    entropyrl(options, { base: 0.2, clipLow: 0.2 }).rows!({
      batch,
      rewards: batch.rewards,
      values: new Float64Array(2),
      terms,
      inLoss: new Uint8Array(2),
      leaveOut: () => undefined,
      metrics,
    });
    expect(Array.from(terms.get('clipHigh')!)).toEqual([0.3, 0.2]);
    expect(metrics['entropyrl/score_failures']).toBe(1);
  });
});
