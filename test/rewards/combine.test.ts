import { describe, expect, it } from 'vitest';
import { DataError } from '../../src/base/errors.ts';
import { combineRewards } from '../../src/rewards/combine.ts';
import type { Completion, Reward, RewardRow } from '../../src/rewards/reward.ts';

function batchOf(columns: readonly Readonly<Record<string, unknown>>[]): Completion[] {
  return columns.map((row, i) => ({
    prompt: { id: String(i), source: i < 2 ? 'sums' : 'words', text: '', columns: row },
    text: String(i),
    ids: new Uint32Array(1),
    finishReason: 'stop',
  }));
}

/** A reward that says the given rows, by completion. */
function saying(rows: readonly RewardRow[], name = 'fake'): Reward {
  return {
    name,
    range: [0, 1],
    score: async (batch) => batch.map(({ text }) => rows[Number(text)] ?? { score: null }),
  };
}

const scores = (...values: (number | null)[]): RewardRow[] => values.map((score) => ({ score }));
const four = batchOf([{}, {}, {}, {}]);

describe('combineRewards', () => {
  it('adds weighted scores and passes over null', async () => {
    const rewards = [
      { reward: saying(scores(1, 0, null, null)), weight: 2 },
      { reward: saying(scores(0.5, null, -1, null)), weight: 0.2 },
    ];
    const { totals, parts } = await combineRewards(rewards, four);
    expect(totals).toEqual([2.1, 0, -0.2, null]);
    expect(parts.map(({ scored, failed }) => [scored, failed])).toEqual([
      [2, 0],
      [2, 0],
    ]);
  });

  it('gives no total to a row on which a reward failed, and counts it', async () => {
    const partly: RewardRow[] = [{ score: 1 }, { score: NaN }, { score: Infinity }, { score: null, error: 'server is down' }];
    const { totals, parts } = await combineRewards(
      [
        { reward: saying(partly), weight: 1 },
        { reward: saying(scores(1, 1, 1, 1)), weight: 1 },
      ],
      four,
    );
    expect(totals).toEqual([2, null, null, null]);
    expect(parts[0]).toMatchObject({ scored: 1, failed: 3, firstError: 'expected a finite score, got NaN.' });
    expect(parts[0]?.rows[1]).toEqual({ score: null, error: 'expected a finite score, got NaN.' });
  });

  it('stops when a reward fails on every row, and names the first failure', async () => {
    const broken: Reward = {
      name: 'mine.ts:score',
      range: [0, 1],
      score: () => Promise.reject(new Error('no such column')),
    };
    const combining = combineRewards([{ reward: broken, weight: 1 }], four);
    await expect(combining).rejects.toThrow(DataError);
    await expect(combining).rejects.toThrow('reward mine.ts:score: expected scores, got a failure on each of 4 completions, first: Error: no such column');
  });

  it('refuses fewer scores than completions', async () => {
    const short: Reward = { name: 'short', range: [0, 1], score: async () => [{ score: 1 }] };
    await expect(combineRewards([{ reward: short, weight: 1 }], four)).rejects.toThrow(/short: expected 4 scores, got 1/);
  });

  it('asks a reward only about the rows it is for', async () => {
    const asked: string[] = [];
    const reward: Reward = {
      name: 'some',
      range: [0, 1],
      score: async (batch) =>
        batch.map(({ text }) => {
          asked.push(text);
          return { score: 1 };
        }),
    };
    const batch = batchOf([{ ability: 'math' }, { ability: 'code' }, { ability: 'math', level: { n: 3 } }, {}]);
    const totals = async (when: Record<string, unknown>): Promise<readonly (number | null)[]> =>
      (await combineRewards([{ reward, weight: 1, when }], batch)).totals;
    expect(await totals({ ability: 'math' })).toEqual([1, null, 1, null]);
    expect(asked).toEqual(['0', '2']);
    expect(await totals({ ability: ['math', 'code'] })).toEqual([1, 1, 1, null]);
    expect(await totals({ ability: 'math', 'level.n': 3 })).toEqual([null, null, 1, null]);
    expect(await totals({ source: 'sums' })).toEqual([1, 1, null, null]);
    expect(await totals({ ability: 'art' })).toEqual([null, null, null, null]);
  });

  it('counts what could not be parsed', async () => {
    const rows = [{ score: 0, parseFailed: true }, { score: 0, parseFailed: false }, { score: 1 }, { score: null }];
    expect((await combineRewards([{ reward: saying(rows), weight: 1 }], four)).parts[0]).toMatchObject({
      parseFailed: 1,
      scored: 3,
    });
  });

  it('takes an empty batch and no reward', async () => {
    expect((await combineRewards([{ reward: saying([]), weight: 1 }], [])).totals).toEqual([]);
    expect((await combineRewards([], four)).totals).toEqual([null, null, null, null]);
  });
});
