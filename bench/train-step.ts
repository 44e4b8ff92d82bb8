/** Steps of the default recipe, as `npm start` takes them, without evaluations and checkpoints. */

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Device } from '../src/gpu/device.ts';
import { buildRun } from '../src/recipe/build.ts';
import { readRecipe } from '../src/recipe/read.ts';
import { nodeServices } from '../src/recipe/services-node.ts';

const RECIPE = fileURLToPath(new URL('../examples/recipes/make-the-number.yaml', import.meta.url));

export interface TrainStepTimes {
  /** From the recipe to the end of the first step: everything compiled. */
  readonly firstMs: number;
  /** Later steps, in order. */
  readonly stepMs: readonly number[];
  /** Of the last step, by part, in seconds. */
  readonly parts: Readonly<Record<string, number>>;
}

/** Takes the first step, then this many more; `beforeLast` is called when only one is left. */
export async function benchTrainStep(
  device: Device,
  deviceName: string,
  steps: number,
  beforeLast: () => Promise<void> = async () => {},
): Promise<TrainStepTimes> {
  const started = performance.now();
  const { recipe } = await readRecipe({ file: RECIPE, readText: async (path) => ({ path, text: await readFile(path, 'utf8') }) });
  const run = await buildRun(recipe, nodeServices(device), deviceName);
  await run.takeStep(1);
  const firstMs = performance.now() - started;
  const stepMs: number[] = [];
  let parts: Record<string, number> = {};
  for (let step = 2; step <= steps + 1; step++) {
    if (step === steps + 1) await beforeLast();
    const start = performance.now();
    const { metrics } = await run.takeStep(step);
    stepMs.push(performance.now() - start);
    parts = Object.fromEntries(
      Object.entries(metrics).flatMap(([name, value]) => (name.startsWith('timing_s/') ? [[name.slice('timing_s/'.length), value]] : [])),
    );
  }
  return { firstMs, stepMs, parts };
}
