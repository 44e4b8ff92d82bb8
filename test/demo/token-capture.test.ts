import { describe, expect, it } from 'vitest';
import type { TokenBatch } from '../../demo/data/frame.ts';
import { NUMBER_VOCABULARY } from '../../src/index.ts';
import { measure, tinyMeasured } from './measured-runs.ts';

const REWARD = 'reward=[{"use":"make_the_number"}]';
const { frames, built } = await measure(await tinyMeasured(REWARD, 'batch={"prompts":4,"update_prompts":2}', 'optim={"lr":0.02}'));
const batches = frames.slice(1).map(({ tokens }) => tokens!);

const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;

function eachToken({ rows }: TokenBatch, look: (at: number, row: TokenBatch['rows'][number], t: number) => void): void {
  for (const row of rows) row.ids.forEach((_, t) => look(row.start + t, row, t));
}

describe('the tokens of a step', () => {
  it('are those of its last mini-batch, groups without a slope among them', () => {
    expect(batches.map(({ step }) => step)).toEqual([1, 2, 3]);
    for (const { rows, isWhole, rowCount, tokenCount, columns } of batches) {
      expect([isWhole, rows.length, rowCount]).toEqual([true, 8, 8]);
      expect(new Set(rows.map(({ group }) => group)).size).toBe(2);
      expect(rows.reduce((sum, { ids }) => sum + ids.length, 0)).toBe(tokenCount);
      for (const values of Object.values(columns)) expect(values).toHaveLength(tokenCount);
      for (const row of rows) expect(row.tokens).toEqual(row.ids.map((id) => NUMBER_VOCABULARY[id]));
    }
    const agreeing = batches.filter(({ rows }) => [0, 4].some((at) => new Set(rows.slice(at, at + 4).map(({ reward }) => reward)).size === 1));
    expect(agreeing.length).toBeGreaterThan(0);
  });

  it('say of each what policy and algorithm said: weight is advantage times ratio where no clip stops it', () => {
    let moved = 0;
    for (const batch of batches) {
      const { columns } = batch;
      eachToken(batch, (at, row) => {
        const ratio = Math.exp(columns.logProb[at]! - columns.oldLogProb[at]!);
        const isStopped = row.advantage > 0 ? ratio > 1.2 : row.advantage < 0 && ratio < 0.8;
        expect(columns.advantage[at]).toBeCloseTo(row.advantage, 6);
        expect(columns.weight[at]).toBeCloseTo(isStopped ? 0 : row.advantage * ratio, 4);
        expect(Math.abs(columns.entropyWeight[at]!)).toBe(0);
        if (Math.abs(ratio - 1) > 1e-4) moved++;
      });
    }
    expect(moved).toBeGreaterThan(20); // the second mini-batch looks after an update
  });

  it('carry what follows: covariance, predicted and realised change', () => {
    for (const batch of batches) {
      const { columns } = batch;
      const [meanLogProb, meanAdvantage] = [mean(columns.logProb), mean(columns.advantage)];
      eachToken(batch, (at) => {
        expect(columns.covariance[at]).toBeCloseTo((columns.advantage[at]! - meanAdvantage) * (columns.logProb[at]! - meanLogProb), 4);
        // dH along a step of 1 on the token's own log-prob: −p·w·(ln p + H) + w·(Σp² ln p + H Σp²)
        const [logProb, entropy, weight] = [columns.logProb[at]!, columns.entropy[at]!, columns.weight[at]!];
        const expected = -weight * (Math.exp(logProb) * (logProb + entropy) - columns.sumP2LogP[at]! - entropy * columns.sumP2[at]!);
        expect(columns.predictedChange[at]).toBeCloseTo(expected, 5);
      });
      expect(columns.realisedChange.every(Number.isFinite)).toBe(true);
      expect(columns.realisedChange.some((change) => Math.abs(change) > 1e-6)).toBe(true);
    }
  });

  it('have advantages against their own group, and verdicts that the rewards bear out', () => {
    for (const { rows } of batches) {
      for (const row of rows) {
        const rewards = rows.filter(({ group }) => group === row.group).map(({ reward }) => reward);
        expect(Math.sign(row.advantage)).toBe(Math.sign(row.reward - mean(rewards)));
        expect(row.verdict === 'ok').toBe(row.reward === 1);
        expect(row.truncated).toBe(row.ids.at(-1) !== built.run!.settings.sampling.stopIds[0]);
      }
    }
  });

  it('are not kept where nobody asks', async () => {
    const { frames: bare } = await measure(await tinyMeasured(REWARD, 'steps=1'), { tokensAt: () => false });
    expect(bare.map(({ tokens }) => tokens)).toEqual([null, null]);
  });
});
