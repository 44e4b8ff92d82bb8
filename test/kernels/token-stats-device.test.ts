import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyCase } from '../../scripts/verify/algorithms.ts';
import { readFixtureFile } from '../../scripts/verify/fixture.ts';
import { Random } from '../../src/base/random.ts';
import type { GpuDevice } from '../../src/gpu/gpu-device.ts';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import type { Tier } from '../../src/gpu/traits.ts';
import { openTestDevice } from '../device.ts';
import { type Rows, statisticsOf } from './token-stats-rows.ts';

const file = await readFixtureFile(fileURLToPath(new URL('../golden/algorithms/token_stats.json', import.meta.url)));
const random = Random.seeded(12);

function rowsOf(count: number, vocabulary: number): Rows {
  return {
    logits: Array.from({ length: count }, (_, i) => Array.from({ length: vocabulary }, (_unused, v) => Math.fround(3 * random.normal(i, v)))),
    targets: Array.from({ length: count }, (_, i) => (i * 7) % vocabulary),
    temperature: 0.7,
    byLogProb: Array.from({ length: count }, (_, i) => random.normal(i, 1_000_001)),
    byEntropy: Array.from({ length: count }, (_, i) => random.normal(i, 1_000_002)),
  };
}

function sliceRows({ logits, targets, temperature, byLogProb, byEntropy }: Rows, start: number, end: number): Rows {
  return {
    logits: logits.slice(start, end),
    targets: targets.slice(start, end),
    temperature,
    byLogProb: byLogProb.slice(start, end),
    byEntropy: byEntropy.slice(start, end),
  };
}

for (const tier of ['software', 'portable'] satisfies Tier[]) {
  describe(`token statistics, kernels of the ${tier} tier`, () => {
    let device: GpuDevice;
    beforeAll(async () => {
      device = await openTestDevice({ tier });
    });
    afterAll(() => device.close());

    it('agrees with every fixture within float32', async () => {
      let checked = 0;
      for (const one of file.cases) {
        const { outcomes, uncovered, setAside } = await verifyCase(file, one, device, 'float32');
        expect(uncovered, `case ${one.id}`).toEqual([]);
        expect(
          outcomes.filter(({ worst }) => !(worst <= 1)),
          `case ${one.id}`,
        ).toEqual([]);
        if (!setAside) checked++;
      }
      expect(checked).toBe(18);
    });

    it('is close whatever the width of the tiles', async () => {
      const rows = rowsOf(5, 97);
      const expected = await statisticsOf(new ReferenceDevice(), rows, 97);
      for (const tile of [1, 5, 16, 97]) {
        const { statistics, gradient } = await statisticsOf(device, rows, tile);
        statistics.flat().forEach((value, i) => expect(Math.abs(value - expected.statistics.flat()[i]!)).toBeLessThan(3e-6));
        gradient.flat().forEach((value, i) => expect(Math.abs(value - expected.gradient.flat()[i]!)).toBeLessThan(3e-6));
      }
    });

    it('keeps its precision over a large vocabulary', async () => {
      const rows = rowsOf(2, 49_152);
      const expected = await statisticsOf(new ReferenceDevice(), rows, 49_152);
      const { statistics } = await statisticsOf(device, rows, 16_384);
      statistics.flat().forEach((value, i) => expect(Math.abs(value - expected.statistics.flat()[i]!)).toBeLessThan(1e-5));
    });

    it('gives a row the same bits alone, among 7 and among 127', async () => {
      const rows = rowsOf(127, 131);
      const among = await statisticsOf(device, rows, 64);
      for (const [start, end] of [
        [60, 61],
        [58, 65],
      ] as const) {
        const fewer = await statisticsOf(device, sliceRows(rows, start, end), 64);
        expect(fewer.statistics[60 - start]).toEqual(among.statistics[60]);
        expect(fewer.gradient[60 - start]).toEqual(among.gradient[60]);
      }
    });
  });
}
