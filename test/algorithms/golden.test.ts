/** The golden cases of every family of algorithms, on the reference device. */

import { describe, expect, it } from 'vitest';
import { verifyCase } from '../../scripts/verify/algorithms.ts';
import { readFixtureFile } from '../../scripts/verify/fixture.ts';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';

const FAMILIES = 'advantages aggregation bald covariance dapo egpo entropy_control entropyrl kl law maxent offpolicy surrogates trl'.split(' ');

describe.each(FAMILIES)('%s', (family) => {
  it('agrees with every released value, and passes over none', async () => {
    const file = await readFixtureFile(new URL(`../golden/algorithms/${family}.json`, import.meta.url).pathname);
    const troubles: string[] = [];
    for (const one of file.cases) {
      const { outcomes, uncovered } = await verifyCase(file, one, new ReferenceDevice(), 'float64');
      for (const reason of uncovered) troubles.push(`${one.id}: ${reason}`);
      for (const { quantity, worst, where } of outcomes) if (!(worst <= 1)) troubles.push(`${one.id}: ${quantity}${where}`);
    }
    expect(troubles).toEqual([]);
    expect(file.cases.length).toBeGreaterThan(0);
  });
});
