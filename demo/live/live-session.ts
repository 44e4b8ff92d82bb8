/** All runs of a request: on one device, taking turns, each kept where it was asked to be. */

import {
  browserServices,
  type BuildServices,
  buildRun,
  inRunPlace,
  type LoadedRecipe,
  type OpenedBrowserDevice,
  openBrowserDevice,
  printedRecipe,
  readRecipe,
  recipeHash,
  RecipeError,
  type RunPlace,
  runRecorder,
  type RunRequest,
  tellAll,
  train,
  trainOptions,
  type TrainSummary,
} from '../../src/browser.ts';
import type { TrackInfo } from '../data/frame.ts';
import type { FromLive, LiveRequest, LiveSide, ToLive } from '../data/live.ts';
import { MeasuredRun, type OwnWeight, type StartMeasurement } from './measured-run.ts';
import { Measuring } from './measuring.ts';
import { Turns } from './turns.ts';

/** A processor evaluates every third held-out prompt: 53 of 158. */
const SOFTWARE_HELD_OUT = 3;

interface Planned {
  readonly run: number;
  readonly side: LiveSide;
  readonly info: TrackInfo;
  readonly loaded: LoadedRecipe;
}

interface Active {
  readonly planned: Planned;
  readonly measured: MeasuredRun;
  /** The last step told. */
  step: number;
}

/** How the session is held from outside. */
export interface SessionControl {
  readonly say: (message: FromLive) => void;
  readonly signal: AbortSignal;
  /** Awaited before each step. */
  readonly pause: () => Promise<void>;
}

type Change = Extract<ToLive, { readonly kind: 'change' }>;

export class LiveSession {
  readonly #request: LiveRequest;
  readonly #control: SessionControl;
  readonly #turns = new Turns();
  /** Changes of each side since its start, with which every run of the side goes on. */
  readonly #changes = new Map<'A' | 'B', Change>();
  readonly #active = new Map<number, Active>();
  readonly #measuring: Measuring;
  /** By seed and recipe without algorithm. */
  readonly #starts = new Map<string, StartMeasurement>();
  #services: BuildServices | null = null;

  constructor(request: LiveRequest, control: SessionControl) {
    this.#request = request;
    this.#control = control;
    this.#measuring = new Measuring(request.probes.length);
    this.watch(request.watched);
  }

  /** Runs that take turns now. */
  get training(): number {
    return this.#active.size;
  }

  /** The page shows this probe. */
  watch(probe: number): void {
    this.#measuring.watched = probe;
  }

  /** Trains everything. @throws TrainerError of the kind that says who can mend it */
  async perform(): Promise<void> {
    const started = performance.now();
    const { say } = this.#control;
    const { seeds, tier, keep, sides } = this.#request;
    const planned = await this.#plan();
    const opened = await openBrowserDevice(tier && { tier });
    try {
      const places = planned.map(({ loaded: { recipe } }) => (keep === 'memory' ? null : `${recipe.run.dir}/${recipe.run.project}/${recipe.run.name}`));
      say({ kind: 'opened', opened: { adapter: opened.adapter, tier: opened.device.traits.tier, tracks: planned.map(({ info }) => info), places } });
      for (let seed = 0; seed < seeds.length; seed++) {
        const its = planned.slice(seed * sides.length, (seed + 1) * sides.length);
        await Promise.all(its.map((one) => this.#track(one, opened)));
        if (this.#control.signal.aborted) break;
      }
      say({ kind: 'ended', seconds: (performance.now() - started) / 1000, deviceBytes: opened.device.memory.bytes });
    } finally {
      opened.device.close();
    }
  }

  /** Takes effect at the next step of each of the side's runs; what cannot be done is said, and the run goes on as it was. */
  async change(change: Change): Promise<void> {
    const before = this.#changes.get(change.side);
    const merged = {
      ...change,
      overrides: latest([...(before?.overrides ?? []), ...change.overrides]),
      ...(change.weight === undefined && before?.weight !== undefined && { weight: before.weight }),
    };
    this.#changes.set(change.side, merged);
    for (const { planned, measured, step } of this.#active.values()) {
      if (planned.side.side !== change.side) continue;
      try {
        await this.#apply(planned, measured, merged);
        if (change.label !== undefined) this.#control.say({ kind: 'changed', run: planned.run, step: step + 1, label: change.label });
      } catch (error) {
        if (before) this.#changes.set(change.side, before);
        else this.#changes.delete(change.side);
        this.#note(planned.run, 'refused', error instanceof Error ? error.message : String(error));
      }
    }
  }

  async #apply({ side, loaded }: Planned, measured: MeasuredRun, { overrides, weight }: Change): Promise<void> {
    for (const override of overrides) {
      if (!/^(algorithm\.|optim\.lr=)/.test(override))
        throw new RecipeError([
          { path: override.split('=')[0]!, message: 'expected a key of algorithm, or optim.lr, while the run goes on. Start again to change it.' },
        ]);
    }
    const { recipe } = await readSide(side, loaded.recipe.seed, overrides);
    const own = weight === null ? undefined : (weight ?? side.weight);
    measured.change(recipe, await ownWeightOf(own));
  }

  async #plan(): Promise<Planned[]> {
    const { seeds, sides } = this.#request;
    const planned: Planned[] = [];
    for (const seed of seeds) {
      for (const side of sides) {
        const loaded = await readSide(side, seed);
        await ownWeightOf(side.weight); // one that cannot be read is found before anything is trained
        const { recipe, text } = loaded;
        planned.push({ run: planned.length, side, loaded, info: { side: side.side, label: side.label, seed, recipeText: text, steps: recipe.steps } });
      }
    }
    return planned;
  }

  async #track(planned: Planned, opened: OpenedBrowserDevice): Promise<void> {
    const { run, loaded } = planned;
    await this.#turns.join(run);
    try {
      if (this.#control.signal.aborted) return;
      const { stopped, step } = await inRunPlace(this.#runRequest(loaded), (place) => this.#trainIn(planned, place, opened));
      this.#control.say({ kind: 'trackEnded', run, stopped, step });
    } finally {
      this.#active.delete(run);
      this.#turns.leave(run);
    }
  }

  async #trainIn(planned: Planned, place: RunPlace, { device, adapter }: OpenedBrowserDevice): Promise<TrainSummary> {
    const { run, side, loaded } = planned;
    const { recipe } = loaded;
    const { say, signal, pause } = this.#control;
    if (place.movedTo !== undefined) this.#note(run, 'note', `The earlier run is kept in ${place.movedTo}.`);
    // One for all runs: what was fetched once is there.
    this.#services ??= browserServices(device, this.#request.files);
    const built = await buildRun(recipe, this.#services, adapter.name);
    const { probes } = this.#request;
    const measured = new MeasuredRun(
      built,
      recipe,
      {
        probes,
        probesAt: (step) => this.#measuring.probesAt(step, recipe.steps),
        tokensAt: () => true,
        heldOutEvery: adapter.kind === 'software' ? SOFTWARE_HELD_OUT : 1,
        start: this.#startOf(loaded),
        frame: (frame, { lookSeconds, ...timing }) => {
          this.#measuring.took(timing.stepSeconds, lookSeconds);
          const active = this.#active.get(run);
          if (active) active.step = frame.step;
          say({ kind: 'frame', run, frame, timing: { ...timing, deviceBytes: device.memory.bytes } });
        },
      },
      await ownWeightOf(side.weight),
    );
    this.#active.set(run, { planned, measured, step: 0 });
    const changed = this.#changes.get(side.side);
    if (changed) {
      await this.#apply(planned, measured, changed);
      if (changed.label !== undefined) say({ kind: 'changed', run, step: 0, label: changed.label });
    }

    let hasStepped = false;
    const beforeStep = async (): Promise<void> => {
      // Lets messages in, which promises that are always ready would keep out.
      await new Promise((resolve) => setTimeout(resolve, 0));
      if (hasStepped) await this.#turns.next(run);
      hasStepped = true;
      await pause();
    };
    const recorder = runRecorder(place.store, { attempt: place.attempt, schema: recipe.log.schema, completions: recipe.log.completions });
    const watcher = {
      ...measured.observer,
      resumed: (step: number) => say({ kind: 'began', run, step }),
      note: (message: string) => this.#note(run, 'note', message),
      warning: (message: string) => this.#note(run, 'warning', message),
    };
    const options = trainOptions(recipe, { attempt: place.attempt, deviceName: adapter.name, recipeHash: await recipeHash(recipe), resume: 'own' });
    return train(measured.job, place.store, tellAll([recorder, watcher]), { ...options, beforeStep }, signal);
  }

  #runRequest({ recipe, text, located }: LoadedRecipe): RunRequest {
    const { keep, fresh, files } = this.#request;
    return { recipe, recipeText: text, resolvedText: printedRecipe(located, { origins: 'written' }), keep, fresh, files };
  }

  /** Runs that differ in nothing but their algorithm begin with the same policy, which is measured once. */
  #startOf({ recipe }: LoadedRecipe): StartMeasurement {
    const { model, data, rollout, eval: evaluation, seed } = recipe;
    const key = JSON.stringify({ model, data, rollout, evaluation, seed });
    const start = this.#starts.get(key) ?? { rivers: null, evaluations: null };
    this.#starts.set(key, start);
    return start;
  }

  #note(run: number | null, level: 'note' | 'warning' | 'refused', message: string): void {
    this.#control.say({ kind: 'note', run, level, message });
  }
}

/** The recipe of a side, with a seed of its own and a folder named by both. */
async function readSide(side: LiveSide, seed: number, changes: readonly string[] = []): Promise<LoadedRecipe> {
  const file = 'recipe.yaml';
  const name = `${
    side.label
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-|-$/g, '') || 'run'
  }-${side.side.toLowerCase()}-seed-${seed}`;
  const overrides = [`run.project=demo`, `run.name=${name}`, ...(side.overrides ?? []), `seed=${seed}`, ...changes];
  return readRecipe({ file, overrides, readText: () => Promise.resolve({ path: file, text: side.recipeText }) });
}

/** The last override of each key. */
function latest(overrides: readonly string[]): string[] {
  return [...new Map(overrides.map((override) => [override.slice(0, override.indexOf('=')), override])).values()];
}

/** What reads a weight of one's own is loaded where there is one. @throws RecipeError where it cannot be read */
async function ownWeightOf(text: string | undefined): Promise<OwnWeight | undefined> {
  if (text === undefined) return undefined;
  const [{ parseExpression }, { ownWeight }] = await Promise.all([import('../lens/expression.ts'), import('../lens/own-weight.ts')]);
  const parsed = parseExpression(text);
  if (!parsed.ok) throw new RecipeError([{ path: 'weight', message: `${parsed.message} (character ${parsed.at + 1})` }]);
  return (base) => ownWeight(base, parsed.expression);
}
