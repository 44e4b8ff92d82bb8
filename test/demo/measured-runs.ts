/** A very small run on the built-in task, measured, on the float64 reference: no device. */

import type { Frame } from '../../demo/data/frame.ts';
import { type MeasureOptions, MeasuredRun, type OwnWeight } from '../../demo/live/measured-run.ts';
import { type BuiltRun, buildRun, memoryStore, type Recipe, ReferenceDevice, train, trainOptions } from '../../src/index.ts';
import { tinyRecipe, tinyServices } from '../trainer/tiny-run.ts';

export const PROBES = ['5>09=', '1>07='] as const;

/** Completions have room for an answer and its end; the end token is the task's own. */
export const tinyMeasured = (...overrides: readonly string[]): Promise<Recipe> =>
  tinyRecipe('rollout={"n":4,"max_tokens":6,"temperature":1}', 'steps=3', 'checkpoint.every=null', ...overrides);

export interface Measured {
  readonly frames: readonly Frame[];
  readonly built: BuiltRun;
  readonly run: MeasuredRun;
}

interface Given extends Partial<MeasureOptions> {
  readonly weight?: OwnWeight;
  /** Called after the frame of a step. */
  readonly after?: (run: MeasuredRun, step: number) => void;
}

export async function measure(recipe: Recipe, { weight, after, ...options }: Given = {}): Promise<Measured> {
  const device = new ReferenceDevice();
  const built = await buildRun(recipe, tinyServices(device), device.name);
  const frames: Frame[] = [];
  const run: MeasuredRun = new MeasuredRun(
    built,
    recipe,
    {
      probes: PROBES,
      probesAt: () => [0],
      tokensAt: () => true,
      frame: (frame) => {
        frames.push(frame);
        after?.(run, frame.step);
      },
      ...options,
    },
    weight,
  );
  const settings = trainOptions(recipe, { attempt: 1, recipeHash: 'tiny', deviceName: device.name, resume: 'never' });
  await train(run.job, memoryStore(), run.observer, settings, new AbortController().signal);
  return { frames, built, run };
}
