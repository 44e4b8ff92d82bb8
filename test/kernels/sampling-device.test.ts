import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../src/base/random.ts';
import type { GpuDevice } from '../../src/gpu/gpu-device.ts';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import type { Tier } from '../../src/gpu/traits.ts';
import { openTestDevice } from '../device.ts';
import { chiSquare, drawWave, filtered, type Filters, plain, type Wave } from './sampling-rows.ts';

const { key } = Random.seeded(7);
const random = Random.seeded(13);

const filters: Readonly<Record<string, Filters>> = {
  'no filter': plain,
  greedy: { ...plain, temperature: 0 },
  'all filters': { temperature: 0.8, topK: 40, topP: 0.9, minP: 0.02, repetitionPenalty: 1.3 },
};

/** Rows told apart by their id alone. */
function waveOf(rowIds: readonly number[], one: Filters): Wave {
  const logits = (draw: number) => rowIds.map((id) => Array.from({ length: 131 }, (_, v) => Math.fround(3 * random.normal(id * 1000 + v, draw))));
  return { logits, rowIds, maxTokens: 3, filters: one, key, stops: [1, 3] };
}

for (const tier of ['software', 'portable'] satisfies Tier[]) {
  describe(`sampling, kernels of the ${tier} tier`, () => {
    let device: GpuDevice;
    beforeAll(async () => {
      device = await openTestDevice({ tier });
    });
    afterAll(() => device.close());

    for (const [name, one] of Object.entries(filters)) {
      it(`draws the tokens of the reference: ${name}`, async () => {
        const wave = waveOf(
          Array.from({ length: 100 }, (_, i) => i),
          one,
        );
        const [got, expected] = [await drawWave(device, wave), await drawWave(new ReferenceDevice(), wave)];
        expect(got.tokens).toEqual(expected.tokens);
        expect(got.state).toEqual(expected.state);
        got.logProbs.flat().forEach((value, i) => expect(value).toBeCloseTo(expected.logProbs.flat()[i]!, 5));
        got.entropies.flat().forEach((value, i) => expect(value).toBeCloseTo(expected.entropies.flat()[i]!, 5));
      });

      it(`gives a row the same bits alone, among 7 and among 127: ${name}`, async () => {
        const ids = Array.from({ length: 127 }, (_, i) => i);
        const among = await drawWave(device, waveOf(ids, one));
        for (const [start, end] of [
          [60, 61],
          [58, 65],
        ] as const) {
          const fewer = await drawWave(device, waveOf(ids.slice(start, end), one));
          for (const table of ['state', 'tokens', 'logProbs', 'entropies'] as const) expect(fewer[table][60 - start]).toEqual(among[table][60]);
        }
      });
    }

    // Barriers are dear on a software adapter, so the form that has them draws less.
    const draws = tier === 'software' ? 10_000 : 2000;
    it(`has the frequencies of the distribution: ${draws} draws`, async () => {
      const logits = Array.from({ length: 16 }, (_, v) => Math.fround(2.5 * Random.seeded(3).normal(v)));
      const rowIds = Array.from({ length: draws }, (_, i) => i);
      const { tokens } = await drawWave(device, { logits: () => rowIds.map(() => logits), rowIds, maxTokens: 1, filters: plain, key });
      const counts = logits.map((_, v) => tokens.filter(([token]) => token === v).length);
      expect(chiSquare(counts, filtered(logits, plain))).toBeLessThan(44.3); // one sound sampler in 10,000 exceeds it
    });
  });
}
