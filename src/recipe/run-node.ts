/** Runs a recipe under Node: opens the device, builds the run, trains. What the command line does, as a function. */

import type { Algorithm } from '../algorithms/algorithm.ts';
import { basename, dirname } from 'node:path';
import { openDevice } from '../gpu/open-device-node.ts';
import { type RunObserver, silent, type TrainSummary } from '../trainer/observer.ts';
import { memoryStore } from '../trainer/run-store-memory.ts';
import { nodeStore } from '../trainer/run-store-node.ts';
import type { RunStore } from '../trainer/run-store.ts';
import { train, type TrainOptions } from '../trainer/train.ts';
import { buildRun, trainOptions } from './build.ts';
import { readRecipe } from './read.ts';
import { readRecipeText } from './recipe-text-node.ts';
import { recipeHash } from './recipe-hash.ts';
import type { Recipe } from './recipe.ts';
import { nodeServices } from './services-node.ts';

export interface RunPlace {
  /** As in `recipe.adapter`. */
  readonly adapter: string;
  /** Where the run is kept, and resumed from. */
  readonly store: RunStore;
  readonly attempt: number;
  readonly observer: RunObserver;
  readonly signal: AbortSignal;
  /** A variant of one's own: the recipe's algorithm in, the one that is trained out. */
  readonly variant?: (algorithm: Algorithm) => Algorithm;
}

/** Trains as a recipe says. @throws TrainerError of the kind that says who can mend it */
export async function runRecipe(recipe: Recipe, { adapter, store, attempt, observer, signal, variant }: RunPlace): Promise<TrainSummary> {
  const { device, adapter: opened } = await openDevice(adapter);
  try {
    await observer.note(`${opened.name} (${device.traits.tier}). ${opened.reason}`);
    if (opened.kind !== 'hardware')
      await observer.note('This adapter runs on the processor: good enough for small policies; its speed says nothing about a GPU.');
    const job = await buildRun(
      recipe,
      { ...nodeServices(device, { note: (message) => void observer.note(message) }), ...(variant && { variant }) },
      opened.name,
    );
    for (const warning of job.warnings) await observer.warning(warning);
    const options = trainOptions(recipe, { attempt, deviceName: opened.name, recipeHash: await recipeHash(recipe), resume: resumeFrom(recipe.resume) });
    return await train(job, store, observer, options, signal);
  } finally {
    device.close();
  }
}

/** What `trainRecipe` takes besides the recipe's file. */
export interface TrainRecipe {
  /** `key=value`, as on the command line. */
  readonly overrides?: readonly string[];
  /** Called with what the run tells; give only the events you want. */
  readonly observer?: Partial<RunObserver>;
  /** Where checkpoints go; the default keeps them in memory. */
  readonly store?: RunStore;
  readonly signal?: AbortSignal;
  /** A variant of one's own: the recipe's algorithm in, the one that is trained out. */
  readonly variant?: (algorithm: Algorithm) => Algorithm;
}

/**
 * Trains a recipe file.
 *
 * @throws RecipeError if the file cannot be read, or its recipe is at fault
 *
 *     await trainRecipe('recipe.yaml', { overrides: ['steps=20'], observer: { step: ({ step, reward }) => console.log(step, reward) } });
 */
export async function trainRecipe(
  file: string,
  { overrides = [], observer = {}, store = memoryStore(), signal, variant }: TrainRecipe = {},
): Promise<TrainSummary> {
  const { recipe } = await readRecipe({ file, overrides, environment: process.env, readText: (name, from) => readRecipeText(name, from) });
  return runRecipe(recipe, {
    adapter: recipe.adapter,
    store,
    attempt: 1,
    observer: { ...silent, ...observer },
    signal: signal ?? new AbortController().signal,
    ...(variant && { variant }),
  });
}

/** `auto`, `never`, or a checkpoint of another run by its folder: `runs/a/b/checkpoints/step_50`. */
function resumeFrom(resume: string): TrainOptions['resume'] {
  if (resume === 'auto') return 'own';
  return resume === 'never' ? 'never' : { store: nodeStore(dirname(resume)), path: basename(resume) };
}
