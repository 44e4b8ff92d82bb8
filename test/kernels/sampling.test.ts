import { describe, expect, it } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import { chiSquare, drawWave, filtered, type Filters, plain } from './sampling-rows.ts';

const device = new ReferenceDevice();
const { key } = Random.seeded(7);
const V = 16;
const logits = Array.from({ length: V }, (_, v) => 2.5 * Random.seeded(3).normal(v));
/** Exceeded by one sound sampler in 10,000, with up to 15 degrees of freedom. */
const CHI_SQUARE_LIMIT = 44.3;

const filters: Readonly<Record<string, Filters>> = {
  'temperature 0.7': { ...plain, temperature: 0.7 },
  'temperature 1': plain,
  'temperature 1.3': { ...plain, temperature: 1.3 },
  'top-k': { ...plain, topK: 5 },
  'top-p': { ...plain, topP: 0.8 },
  'min-p': { ...plain, minP: 0.1 },
  'all filters': { temperature: 1.3, topK: 9, topP: 0.9, minP: 0.08, repetitionPenalty: 1 },
};

function countsOf(tokens: readonly number[]): number[] {
  const counts = Array.from({ length: V }, () => 0);
  for (const token of tokens) counts[token]!++;
  return counts;
}

describe('10,000 draws have the frequencies of the filtered distribution', () => {
  for (const [name, one] of Object.entries(filters)) {
    const probabilities = filtered(logits, one);

    it(`${name}, one from each of 10,000 rows`, async () => {
      const rowIds = Array.from({ length: 10_000 }, (_, i) => i);
      const { tokens, logProbs } = await drawWave(device, { logits: () => rowIds.map(() => logits), rowIds, maxTokens: 1, filters: one, key });
      expect(chiSquare(countsOf(tokens.flat()), probabilities)).toBeLessThan(CHI_SQUARE_LIMIT);
      tokens.forEach(([token], i) => expect(logProbs[i]![0]).toBeCloseTo(Math.log(probabilities[token!]!), 10));
    });
  }

  it('temperature 1, 500 in a row from each of 20 rows', async () => {
    const rowIds = Array.from({ length: 20 }, (_, i) => i);
    const { tokens } = await drawWave(device, { logits: () => rowIds.map(() => logits), rowIds, maxTokens: 500, filters: plain, key });
    expect(chiSquare(countsOf(tokens.flat()), filtered(logits, plain))).toBeLessThan(CHI_SQUARE_LIMIT);
  });

  it('and the statistic tells a sampler of another temperature', async () => {
    const rowIds = Array.from({ length: 10_000 }, (_, i) => i);
    const { tokens } = await drawWave(device, { logits: () => rowIds.map(() => logits), rowIds, maxTokens: 1, filters: { ...plain, temperature: 1.1 }, key });
    expect(chiSquare(countsOf(tokens.flat()), filtered(logits, plain))).toBeGreaterThan(CHI_SQUARE_LIMIT);
  });
});

/** Tokens that 4,000 draws from one row of logits come to. */
async function support(row: readonly number[], one: Filters): Promise<number[]> {
  const rowIds = Array.from({ length: 4000 }, (_, i) => i);
  const { tokens } = await drawWave(device, { logits: () => rowIds.map(() => row), rowIds, maxTokens: 1, filters: one, key });
  return [...new Set(tokens.flat())].toSorted((a, b) => a - b);
}

describe('what the filters keep', () => {
  const halves = [0.5, 0.25, 0.125, 0.125].map((p) => Math.log(p));

  it('top-k keeps all that tie with the last', async () => {
    expect(await support(halves, { ...plain, topK: 2 })).toEqual([0, 1]);
    expect(await support(halves, { ...plain, topK: 3 })).toEqual([0, 1, 2, 3]);
  });

  it('top-p keeps the token that crosses the mass, and all that tie with it', async () => {
    expect(await support(halves, { ...plain, topP: 0.4 })).toEqual([0]);
    expect(await support(halves, { ...plain, topP: 0.6 })).toEqual([0, 1]);
    expect(await support(halves, { ...plain, topP: 0.8 })).toEqual([0, 1, 2, 3]);
    expect(await support(halves, { ...plain, topP: 0 })).toEqual([0]);
  });

  it('top-p looks at the mass that top-k left', async () => {
    expect(await support(halves, { ...plain, topK: 2, topP: 0.66 })).toEqual([0]);
    expect(await support(halves, { ...plain, topP: 0.66 })).toEqual([0, 1]);
  });

  it('min-p compares with the largest probability', async () => {
    expect(await support(halves, { ...plain, minP: 0.45 })).toEqual([0, 1]);
    expect(await support(halves, { ...plain, minP: 0.55 })).toEqual([0]);
  });
});

describe('a draw', () => {
  const one = (row: readonly number[], rest: Partial<Parameters<typeof drawWave>[1]> = {}) =>
    drawWave(device, { logits: () => [row], rowIds: [0], maxTokens: 1, filters: { ...plain, temperature: 0 }, key, ...rest });

  it('is the first of the largest when greedy, with its log-prob over all tokens', async () => {
    const { tokens, logProbs, entropies } = await one([1, 3, 3, 0]);
    const s = 2 + Math.exp(-2) + Math.exp(-3);
    expect(tokens).toEqual([[1]]);
    expect(logProbs[0]![0]).toBeCloseTo(-Math.log(s), 12);
    expect(entropies[0]![0]).toBeCloseTo(Math.log(s) + (2 * Math.exp(-2) + 3 * Math.exp(-3)) / s, 12);
  });

  it('divides seen positive logits by the penalty and multiplies seen negative ones', async () => {
    const penalised = { filters: { ...plain, temperature: 0, repetitionPenalty: 2 }, held: [0, 1] };
    expect((await one([4, -1, 2.5, -3], penalised)).tokens).toEqual([[2]]);
    expect((await one([5.5, -1, 2.5, -3], penalised)).tokens).toEqual([[0]]);
    expect((await one([-9, -1, -1.5, -3], penalised)).tokens).toEqual([[2]]);
  });

  it('remembers what it drew for the penalty', async () => {
    const { tokens } = await one([3, 2, 1, 0], { maxTokens: 4, filters: { ...plain, temperature: 0, repetitionPenalty: 2 } });
    expect(tokens).toEqual([[0, 1, 0, 0]]);
  });

  it('finishes a row at a stop token or at the last place, and then leaves it alone', async () => {
    const wave = {
      logits: (draw: number) => [
        [0, draw === 1 ? 9 : 0, 5],
        [0, 0, 5],
      ],
      rowIds: [4, 5],
      maxTokens: 3,
      filters: { ...plain, temperature: 0 },
      key,
      stops: [1],
    };
    const { state, tokens } = await drawWave(device, { ...wave, draws: 5 });
    expect(state).toEqual([
      [4, 2, 1, 1],
      [5, 3, 1, 2],
    ]);
    expect(tokens).toEqual([
      [2, 1, 0],
      [2, 2, 2],
    ]);
  });

  it('tells the entropy before penalty and filters, at the temperature', async () => {
    const { entropies } = await one([2, 0], { filters: { temperature: 2, topK: 1, topP: 0.5, minP: 0.5, repetitionPenalty: 5 }, held: [0] });
    const p = 1 / (1 + Math.exp(-1));
    expect(entropies[0]![0]).toBeCloseTo(-p * Math.log(p) - (1 - p) * Math.log(1 - p), 12);
  });
});
