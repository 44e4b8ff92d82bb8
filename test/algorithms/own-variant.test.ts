/** The example of a variant outside the package trains, and differs from its base. */

import { describe, expect, it } from 'vitest';
import { brief } from '../../examples/own-variant.ts';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import { buildRun } from '../../src/recipe/build.ts';
import { tinyRecipe, tinyServices } from '../trainer/tiny-run.ts';

describe('the example of a variant of one’s own', () => {
  it('trains two steps and weighs advantages', async () => {
    const recipe = await tinyRecipe('steps=2', 'rollout.n=8');
    const steps = async (own: boolean) => {
      const device = new ReferenceDevice();
      const job = await buildRun(recipe, { ...tinyServices(device), ...(own && { variant: brief }) }, device.name);
      return [await job.takeStep(1), await job.takeStep(2)];
    };
    const [mine, plain] = [await steps(true), await steps(false)];
    expect(mine.map(({ metrics }) => metrics['updates/skipped'])).toEqual([0, 0]);
    expect(mine.some(({ metrics }) => metrics['brief/weight_max']! > 1)).toBe(true);
    expect(mine[0]!.advantages).not.toEqual(plain[0]!.advantages);
  });
});
