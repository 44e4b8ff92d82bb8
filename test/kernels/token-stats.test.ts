import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { verifyCase } from '../../scripts/verify/algorithms.ts';
import { readFixtureFile } from '../../scripts/verify/fixture.ts';
import { Random } from '../../src/base/random.ts';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import { type Rows, statisticsOf } from './token-stats-rows.ts';

const file = await readFixtureFile(fileURLToPath(new URL('../golden/algorithms/token_stats.json', import.meta.url)));

describe('token statistics in float64', () => {
  for (const one of file.cases) {
    it(`agrees with ${one.id}`, async () => {
      const { outcomes, uncovered } = await verifyCase(file, one, new ReferenceDevice(), 'float64');
      expect(uncovered).toEqual([]);
      expect(outcomes.length).toBeGreaterThanOrEqual(2);
      expect(outcomes.filter(({ worst }) => !(worst <= 1))).toEqual([]);
    });
  }

  const random = Random.seeded(11);
  const rows: Rows = {
    logits: Array.from({ length: 4 }, (_, i) => Array.from({ length: 23 }, (_unused, v) => 3 * random.normal(i, v))),
    targets: [0, 22, 7, 13],
    temperature: 0.7,
    byLogProb: [1.5, -0.25, 0, 2],
    byEntropy: [0, 0.5, -1.25, 0.75],
  };

  it('has the slopes that central differences show', async () => {
    const { gradient } = await statisticsOf(new ReferenceDevice(), rows, 9);
    const h = 1e-5;
    const lossOf = async (row: number, v: number, step: number): Promise<number> => {
      const moved = rows.logits.map((values, i) => values.map((x, u) => (i === row && u === v ? x + step : x)));
      const { statistics } = await statisticsOf(new ReferenceDevice(), { ...rows, logits: moved }, 9);
      return statistics.reduce((sum, [logProb, entropy], i) => sum + rows.byLogProb[i]! * logProb! + rows.byEntropy[i]! * entropy!, 0);
    };
    for (const [row, v] of [
      [0, 0],
      [0, 5],
      [1, 22],
      [1, 3],
      [2, 7],
      [2, 20],
      [3, 13],
      [3, 1],
    ] as const) {
      const slope = ((await lossOf(row, v, h)) - (await lossOf(row, v, -h))) / (2 * h);
      expect(Math.abs(slope), `row ${row}, logit ${v}`).toBeGreaterThan(1e-6);
      expect(Math.abs(gradient[row]![v]! - slope), `row ${row}, logit ${v}`).toBeLessThan(1e-8 + 1e-6 * Math.abs(slope));
    }
  });

  it('is the same whatever the width of the tiles', async () => {
    const whole = await statisticsOf(new ReferenceDevice(), rows, 23);
    for (const tile of [1, 5, 16]) {
      const { statistics, gradient } = await statisticsOf(new ReferenceDevice(), rows, tile);
      statistics.flat().forEach((value, i) => expect(value).toBeCloseTo(whole.statistics.flat()[i]!, 12));
      gradient.flat().forEach((value, i) => expect(value).toBeCloseTo(whole.gradient.flat()[i]!, 12));
    }
  });
});
