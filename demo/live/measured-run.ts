/** A run whose steps are looked at as they are taken: rivers, tokens, and settings that may change on the way. */

import {
  type Algorithm,
  type AlgorithmState,
  type BuiltRun,
  createAlgorithm,
  evaluate,
  type Evaluation,
  type PackedGroup,
  type Recipe,
  RecipeError,
  type RunObserver,
  silent,
  StepTables,
  type StepResult,
  type TrainingRun,
  type TrainJob,
  trainStep,
} from '../../src/index.ts';
import type { Frame, RiverSlice, TokenBatch } from '../data/frame.ts';
import { baseWeights, flagsOf } from '../lens/base-weights.ts';
import { FrozenBatch } from '../lens/frozen.ts';
import { Rivers } from './rivers.ts';
import { TokenCapture } from './token-capture.ts';

export interface MeasureOptions {
  readonly probes: readonly string[];
  /** Probes, by place, whose rivers are measured after a step. */
  readonly probesAt: (step: number) => readonly number[];
  /** Whether tokens are kept. */
  readonly tokensAt: (step: number) => boolean;
  /** Every so many held-out prompts are evaluated; 1 is all. */
  readonly heldOutEvery?: number;
  /** What another run of the same seed and weights has measured before its first step; filled by the one that comes first. */
  readonly start?: StartMeasurement;
  /** Told every step, in order; awaited. */
  readonly frame: (frame: Frame, timing: StepTiming) => void | Promise<void>;
}

export interface StepTiming {
  readonly stepSeconds: number;
  /** Rivers and tokens; with evaluating, `measureSeconds`. */
  readonly lookSeconds: number;
  readonly measureSeconds: number;
  /** Sampled in the step. */
  readonly tokens: number;
}

/** Puts a weight that somebody wrote in place of an algorithm's own. */
export type OwnWeight = (base: Algorithm) => Algorithm;

/** The policy before training: the same for every run that begins with it. */
export interface StartMeasurement {
  rivers: readonly (RiverSlice | null)[] | null;
  evaluations: readonly Evaluation[] | null;
}

export class MeasuredRun {
  /** What `train` drives. */
  readonly job: TrainJob;
  /** What `train` tells. */
  readonly observer: RunObserver;
  readonly #built: BuiltRun;
  readonly #options: MeasureOptions;
  readonly #rivers: Rivers;
  readonly #capture: TokenCapture;
  readonly #evaluatesFirst: boolean;
  #algorithm: Algorithm;
  #run: TrainingRun;
  #looked: {
    readonly rivers: readonly (RiverSlice | null)[];
    readonly tokens: TokenBatch | null;
    readonly stepSeconds: number;
    readonly lookSeconds: number;
    readonly measuredAt: number;
    readonly sampled: number;
  };

  /** @throws RecipeError for a supervised run, which has no rollouts to look at */
  constructor(built: BuiltRun, recipe: Recipe, options: MeasureOptions, weight?: OwnWeight) {
    if (!built.run)
      throw new RecipeError([
        { path: 'method', message: 'expected grpo, got sft. The demo shows what becomes of samples, and supervised training draws none.' },
      ]);
    this.#built = built;
    this.#options = options;
    this.#run = built.run;
    this.#algorithm = built.run.algorithm;
    const task = { ...recipe.data.makeTheNumber, maxTokens: recipe.rollout.maxTokens };
    this.#rivers = new Rivers(built.run, options.probes, task);
    this.#capture = new TokenCapture(task);
    this.#evaluatesFirst = recipe.eval.data !== null && recipe.eval.atStart;
    this.#looked = this.#unseen();
    if (weight) this.change(recipe, weight);
    else this.#watch(this.#algorithm);
    this.job = {
      ...built,
      takeStep: (step) => this.#step(step),
      evaluate: (step) => this.#evaluate(step),
      algorithmState: () => this.#algorithm.state(),
      restoreAlgorithm: (state: AlgorithmState) => this.#algorithm.restore(state),
    };
    this.observer = {
      ...silent,
      started: async ({ startStep }) => {
        if (startStep > 0) return;
        await this.#look(0, null, 0);
        if (!this.#evaluatesFirst) await this.#tell(0, {});
      },
      step: (row) => this.#tell(row.step, row),
    };
  }

  /**
   * Goes on with the algorithm and the learning rate of another recipe, from the next step on. Controllers keep what they know.
   *
   * @throws RecipeError where the run was not built for it
   */
  change(recipe: Recipe, weight?: OwnWeight): void {
    const own = createAlgorithm(recipe.algorithm);
    const algorithm = weight ? weight(own) : own;
    const { usesReference } = this.#built.run!.algorithm;
    if (algorithm.usesReference && !usesReference && !this.#run.settings.measureKl) {
      throw new RecipeError([
        { path: 'algorithm', message: 'expected a variant without a reference model, which this run was not started with. Start it again with this variant.' },
      ]);
    }
    algorithm.restore(this.#algorithm.state());
    const { settings } = this.#run;
    this.#run = { ...this.#run, settings: { ...settings, schedule: { ...settings.schedule, lr: recipe.optim.lr } } };
    this.#watch(algorithm);
  }

  #watch(algorithm: Algorithm): void {
    const { settings, learner, tables } = this.#run;
    const needsOthers = JSON.stringify(algorithm.needs) !== JSON.stringify(this.#algorithm.needs);
    this.#algorithm = algorithm;
    this.#run = {
      ...this.#run,
      algorithm: this.#capture.watch(algorithm),
      tables: needsOthers ? new StepTables(learner.device, settings.updatePrompts * settings.sampling.n, settings.sampling.maxTokens, algorithm.needs) : tables,
    };
  }

  async #step(step: number): Promise<StepResult> {
    const started = performance.now();
    const result = await trainStep(this.#run, step);
    await this.#look(step, result, (performance.now() - started) / 1000);
    return result;
  }

  async #evaluate(step: number): Promise<readonly Evaluation[]> {
    const { heldOutEvery = 1, start } = this.#options;
    if (step === 0 && start?.evaluations) return start.evaluations;
    const { evaluations, random, sampler, scorer, encode } = this.#run;
    const results: Evaluation[] = [];
    for (const set of evaluations) {
      const prompts = set.prompts.filter((_, place) => place % heldOutEvery === 0);
      results.push(await evaluate({ sampler, scorer, encode }, { ...set, prompts }, random.at(step)));
    }
    if (step === 0 && start) start.evaluations = results;
    return results;
  }

  async #riversAt(step: number): Promise<readonly (RiverSlice | null)[]> {
    const { probesAt, probes, start } = this.#options;
    if (step === 0 && start?.rivers) return start.rivers;
    const measured = probesAt(step);
    const rivers = measured.length > 0 ? await this.#rivers.measure(step, measured) : probes.map(() => null);
    if (step === 0 && start) start.rivers = rivers;
    return rivers;
  }

  async #look(step: number, result: StepResult | null, stepSeconds: number): Promise<void> {
    const measuredAt = performance.now();
    const { tokensAt } = this.#options;
    const tokens = result && tokensAt(step) ? await this.#tokens(result) : null;
    const rivers = await this.#riversAt(step);
    const sampled = result?.scored.reduce((sum, { rollout }) => sum + rollout.tokens.length, 0) ?? 0;
    this.#looked = { rivers, tokens, stepSeconds, lookSeconds: (performance.now() - measuredAt) / 1000, measuredAt, sampled };
  }

  async #tokens(result: StepResult): Promise<TokenBatch | null> {
    const batch = await this.#capture.tokensOf(result);
    if (!batch) return null;
    const base = await baseWeights(new FrozenBatch(batch));
    return {
      ...batch,
      flags: flagsOf(batch, batch.columns.weight, base.weight),
      columns: { ...batch.columns, realisedChange: await this.#realisedChange(batch) },
    };
  }

  /** One more look at the same tokens, now that the step is taken. */
  async #realisedChange({ rows, maxTokens: T, columns }: TokenBatch): Promise<Float32Array> {
    const { learner, encode, settings } = this.#run;
    const groups = new Map<number, PackedGroup & { readonly continuations: { targets: readonly number[]; slot: number }[] }>();
    rows.forEach(({ prompt, group, ids }, row) => {
      const its = groups.get(group) ?? { prompt: encode({ id: prompt, source: '', text: prompt, columns: {} }), continuations: [] };
      its.continuations.push({ targets: ids, slot: row * T });
      groups.set(group, its);
    });
    const stats = learner.policyStats([...groups.values()], rows.length, T, settings.sampling.temperature);
    const after = await learner.device.read(stats.entropies);
    return Float32Array.from(rows.flatMap(({ ids, start }, row) => ids.map((_, t) => after[row * T + t]! - columns.entropy[start + t]!)));
  }

  async #tell(step: number, row: Readonly<Record<string, unknown>>): Promise<void> {
    const { rivers, tokens, stepSeconds, lookSeconds, measuredAt, sampled } = this.#looked;
    this.#looked = this.#unseen();
    const metrics = Object.fromEntries(
      Object.entries(row).flatMap(([name, value]) => (typeof value === 'number' && name !== 'step' && name !== 'attempt' ? [[name, value]] : [])),
    );
    const measureSeconds = (performance.now() - measuredAt) / 1000;
    await this.#options.frame({ step, metrics, rivers, tokens }, { stepSeconds, lookSeconds, measureSeconds, tokens: sampled });
  }

  #unseen() {
    return { rivers: this.#options.probes.map(() => null), tokens: null, stepSeconds: 0, lookSeconds: 0, measuredAt: performance.now(), sampled: 0 };
  }
}
