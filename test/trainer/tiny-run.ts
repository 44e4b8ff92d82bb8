/** Whole runs of a very small policy on the built-in task, in memory. */

import type { Device } from '../../src/gpu/device.ts';
import { moduleReward } from '../../src/rewards/module-reward.ts';
import { buildRun, trainOptions } from '../../src/recipe/build.ts';
import { readRecipe } from '../../src/recipe/read.ts';
import type { Recipe } from '../../src/recipe/recipe.ts';
import type { BuildServices } from '../../src/recipe/services.ts';
import { nodeServices } from '../../src/recipe/services-node.ts';
import { type CompletionSample, type MetricsRow, type RunObserver, silent, tellAll, type TrainSummary } from '../../src/trainer/observer.ts';
import { runRecorder } from '../../src/trainer/run-recorder.ts';
import type { RunStore } from '../../src/trainer/run-store.ts';
import { memoryStore } from '../../src/trainer/run-store-memory.ts';
import { train, type TrainJob, type TrainOptions } from '../../src/trainer/train.ts';

const TINY = [
  'seed=7',
  'steps=4',
  'model.init={"width":16,"layers":1,"heads":2,"ff_width":24,"rope_theta":100,"embedding_std":0.3}',
  'data.task=make_the_number',
  'data.make_the_number={"targets":[5,12],"required_digits":1}',
  'rollout={"n":4,"max_tokens":6,"temperature":1,"stop":["+","-","*"]}',
  'batch={"prompts":4,"update_prompts":2}',
  'reward=[{"use":"test:digits"}]',
  'optim={"lr":0.003,"warmup_steps":2}',
  'checkpoint.every=2',
];

/** A recipe of a very small run, changed by `key=value`. */
export async function tinyRecipe(...overrides: readonly string[]): Promise<Recipe> {
  const { recipe } = await readRecipe({ overrides: [...TINY, ...overrides] });
  return recipe;
}

/** A judge of one completion; throws where it fails. A recipe names it `test:…`. */
export type Judge = (completion: string, prompt: string) => number | null;

/** The share of low digits: something to learn, whatever the policy. */
const digits: Judge = (completion) => completion.replace(/[^0-4]/g, '').length / Math.max(1, completion.length);

export interface TinyRunOptions {
  readonly store?: RunStore;
  readonly attempt?: number;
  readonly signal?: AbortSignal;
  readonly judges?: Readonly<Record<string, Judge>>;
  readonly observer?: Partial<RunObserver>;
  readonly options?: Partial<TrainOptions>;
  /** Sees the run before it starts. */
  readonly prepare?: (job: TrainJob) => void;
}

export interface TinyRun {
  readonly store: RunStore;
  readonly rows: readonly MetricsRow[];
  readonly warnings: readonly string[];
  readonly completions: readonly CompletionSample[];
  readonly summary: TrainSummary | undefined;
  /** What `train` threw, if it did. */
  readonly error: unknown;
  readonly job: TrainJob;
}

export function tinyServices(device: Device, judges: TinyRunOptions['judges'] = {}): BuildServices {
  return {
    ...nodeServices(device),
    loadReward: (use) => {
      const name = use.replace('test:', '');
      const judge = { digits, ...judges }[name];
      if (!judge) throw new Error(`test: expected a judge named ${name}, got none.`);
      const call = ({ solution_str: text, extra_info: columns }: Readonly<Record<string, unknown>>) => judge(String(text), JSON.stringify(columns));
      return Promise.resolve(moduleReward(name, call, 'single'));
    },
  };
}

/** Builds the run anew, as a new process would, and trains it to its end or its error. */
export async function runTiny(device: Device, recipe: Recipe, given: TinyRunOptions = {}): Promise<TinyRun> {
  const { store = memoryStore(), attempt = 1, signal = new AbortController().signal } = given;
  const rows: MetricsRow[] = [];
  const warnings: string[] = [];
  const completions: CompletionSample[] = [];
  const watcher: RunObserver = {
    ...silent,
    ...given.observer,
    async step(row) {
      rows.push(row);
      await given.observer?.step?.(row);
    },
    warning: (message) => void warnings.push(message),
    completions: (_, samples) => void completions.push(...samples),
  };
  const observer = tellAll([runRecorder(store, { attempt, schema: 'entrain', completions: true }), watcher]);
  const job = await buildRun(recipe, tinyServices(device, given.judges), device.name);
  given.prepare?.(job);
  const options = { ...trainOptions(recipe, { attempt, recipeHash: 'tiny', deviceName: device.name, resume: 'own' }), ...given.options };
  let error: unknown;
  const summary = await train(job, store, observer, options, signal).catch((thrown: unknown) => {
    error = thrown;
    return undefined;
  });
  return { store, rows, warnings, completions, summary, error, job };
}

/** A row without what differs from run to run: the clock. */
export function timeless(row: MetricsRow): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).filter(([name]) => name !== 'time' && name !== 'attempt' && !name.startsWith('timing_s/') && !name.startsWith('perf/')),
  );
}

/** The files of a checkpoint. */
export async function filesOf(store: RunStore, folder: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const { name } of await store.list(folder)) files.set(name, await store.read(`${folder}/${name}`));
  return files;
}
