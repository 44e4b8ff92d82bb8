/** The run: steps, evaluations, checkpoints, guards, and stopping when asked to. */

import type { AlgorithmState } from '../algorithms/algorithm.ts';
import type { SetpointEdit } from '../algorithms/setpoint-edit.ts';
import { DataError } from '../base/errors.ts';
import { type Checkpointed, checkpointFault, type CheckpointState, findCheckpoint, pruneCheckpoints, restoreCheckpoint, saveCheckpoint } from './checkpoint.ts';
import { lawWatch } from './entropy-law.ts';
import type { Evaluation } from './evaluate.ts';
import { type GuardOptions, Guards } from './guards.ts';
import type { CompletionSample, MetricsRow, RunInfo, RunObserver, TrainSummary } from './observer.ts';
import type { RunStore } from './run-store.ts';
import { setpointEdits } from './setpoint-edits.ts';
import type { StepResult } from './step-report.ts';

/** What a method (grpo, sft) gives to be trained. */
export interface TrainJob {
  readonly info: Omit<RunInfo, 'startStep' | 'attempt'>;
  readonly live: Checkpointed;
  takeStep(step: number): Promise<StepResult>;
  /** Every evaluation of the run, at a step. */
  evaluate(step: number): Promise<readonly Evaluation[]>;
  algorithmState(): AlgorithmState;
  restoreAlgorithm(state: AlgorithmState): void;
  /** The most a completion can earn, where that is known. */
  readonly greatestReward?: number | undefined;
  /** Something holds the entropy, or the policy to a reference: the law of reward and entropy is not of such runs. */
  readonly holdsEntropy?: boolean;
  /** What there is to say once the entropy of the first step is known. */
  readonly adviceOn?: (entropy: number) => readonly string[];
  /** Present where a method follows a setpoint that may be edited. */
  readonly editSetpoint?: (edits: readonly SetpointEdit[]) => void;
}

/** How a run is driven: how far, what is saved, what stops it. */
export interface TrainOptions {
  readonly steps: number;
  readonly attempt: number;
  readonly evalEvery: number | null;
  readonly evalAtStart: boolean;
  readonly checkpoint: { readonly every: number | null; readonly keepLast: number; readonly keepEvery: number | null; readonly keepBest: string | null };
  /** `own`: go on from the newest checkpoint of the store. A place: begin from a checkpoint of another run. */
  readonly resume: 'own' | 'never' | { readonly store: RunStore; readonly path: string };
  readonly guards: GuardOptions;
  /** Names the recipe; a checkpoint of another recipe is not resumed by accident. */
  readonly recipeHash: string;
  readonly deviceName: string;
  /** Awaited before each step: a run that is paused waits here. Stopped while it waits, it ends with the steps it has. */
  readonly beforeStep?: (step: number) => Promise<void>;
}

/**
 * Trains to the last step, from the newest checkpoint of the store when there is one.
 *
 * After `signal` the step in progress is finished and a checkpoint written. A run whose every completion has earned the most there is to
 * earn for `guards.constantRewardSteps` ends there as it would at its last step.
 *
 * @throws GuardError when a guard stops the run
 */
export async function train(job: TrainJob, store: RunStore, observer: RunObserver, options: TrainOptions, signal: AbortSignal): Promise<TrainSummary> {
  const started = performance.now();
  const { progress } = job.live;
  const resumed = await resume(job, store, observer, options);
  let best = resumed?.best ?? null;
  const measuredIn = bestReader(options.checkpoint.keepBest, observer);
  const guards = new Guards(options.guards, {
    warn: (message) => observer.warning(message),
    greatestReward: job.greatestReward,
    state: resumed?.guards,
  });
  const law = lawWatch(job.holdsEntropy ?? false, resumed?.law);
  const evaluate = async (step: number) => {
    const evaluations = await job.evaluate(step);
    const metrics = metricsOf(evaluations);
    return { evaluations, metrics: { ...metrics, ...law.take(metrics) } };
  };
  await observer.started({ ...job.info, startStep: progress.step, attempt: options.attempt });

  let last: MetricsRow = row(progress.step, options.attempt, {});
  if (progress.step === 0 && options.evalAtStart) {
    const { evaluations, metrics } = await evaluate(0);
    if (evaluations.length > 0) {
      last = row(0, options.attempt, metrics);
      await observer.evaluated(0, metrics, samplesOf(evaluations));
      await observer.step(last);
    }
  }

  let checkpoint: string | undefined;
  let savedStep = progress.step;
  const save = async () => {
    checkpoint = await saveCheckpoint(store, job.live, { ...(await stateOf(job, observer, options)), best, guards: guards.state(), law: law.state() });
    savedStep = progress.step;
    await pruneCheckpoints(store, { ...options.checkpoint, keep: best ? [best.step] : [], step: savedStep });
  };
  const end = async (stopped: TrainSummary['stopped']) => {
    const ended = summary(stopped, job, started, last, checkpoint);
    await observer.finished(ended);
    return ended;
  };
  const edits = job.editSetpoint ? await setpointEdits(store, { attempt: options.attempt, apply: job.editSetpoint, observer }) : null;
  while (progress.step < options.steps && guards.solved() === null) {
    const step = progress.step + 1;
    await options.beforeStep?.(step);
    if (options.beforeStep && signal.aborted) {
      if (savedStep < progress.step) await save();
      return end('interrupted');
    }
    await edits?.take(step);
    const result = await job.takeStep(step);
    guards.count(result);
    if (step === 1) for (const advice of job.adviceOn?.(result.metrics['entropy'] ?? Number.NaN) ?? []) await observer.warning(advice);
    const isLast = step === options.steps || guards.solved() !== null;
    const isStopping = signal.aborted;
    const { evaluations, metrics } = isDue(step, options.evalEvery) || isLast ? await evaluate(step) : { evaluations: [], metrics: {} };
    last = row(step, options.attempt, { ...result.metrics, ...metrics });
    if (evaluations.length > 0) await observer.evaluated(step, metrics, samplesOf(evaluations));
    await observer.step(last);
    if (result.scored.length > 0) await observer.completions(step, stepSamples(result));
    await guards.check(result);

    const measured = await measuredIn(last, evaluations.length > 0);
    const isBest = measured !== null && (best === null || measured > best.value);
    if (isBest) best = { value: measured, step };
    if (isDue(step, options.checkpoint.every) || isLast || isStopping || signal.aborted || isBest) await save();
    if (signal.aborted && !isLast) return end('interrupted');
  }
  const solved = guards.solved();
  if (solved !== null && progress.step < options.steps) await observer.note(`step ${progress.step} of ${options.steps}: ${solved}`);
  return end('done');
}

/** What stands in the checkpoint that this run goes on from, if it is its own. */
async function resume(job: TrainJob, store: RunStore, observer: RunObserver, options: TrainOptions): Promise<CheckpointState | null> {
  const found = options.resume === 'never' ? { path: null, passedOver: [] } : await findCheckpoint(store);
  for (const reason of found.passedOver) await observer.warning(`passed over ${reason}`);
  const own = found.path === null ? null : { store, path: found.path };
  const source = own ?? (typeof options.resume === 'object' ? options.resume : null);
  if (source === null) {
    await observer.resumed(0, undefined);
    return null;
  }
  const fault = own ? null : await checkpointFault(source.store, source.path);
  if (fault !== null) throw new DataError(`${source.store.place}/${source.path}: ${fault}. Name a whole checkpoint in resume, such as …/checkpoints/step_50.`);
  const state = await restoreCheckpoint(source.store, source.path, job.live);
  job.restoreAlgorithm(state.algorithm);
  if (state.device !== options.deviceName) {
    await observer.warning(
      `resuming on ${options.deviceName} what was trained on ${state.device}: the run goes on, but not bit for bit as it would have there.`,
    );
  }
  await observer.resumed(state.progress.step, own ? state.bookmark : undefined);
  return own ? state : null;
}

async function stateOf(
  job: TrainJob,
  observer: RunObserver,
  options: TrainOptions,
): Promise<Omit<CheckpointState, 'version' | 'progress' | 'optimizerStep' | 'best' | 'guards' | 'law'>> {
  return {
    algorithm: job.algorithmState(),
    bookmark: await observer.bookmark(),
    device: options.deviceName,
    recipeHash: options.recipeHash,
  };
}

function isDue(step: number, every: number | null): boolean {
  return every !== null && step % every === 0;
}

function row(step: number, attempt: number, metrics: Readonly<Record<string, number>>): MetricsRow {
  return { step, attempt, time: new Date().toISOString(), ...metrics };
}

function metricsOf(evaluations: readonly Evaluation[]): Record<string, number> {
  return Object.assign({}, ...evaluations.map(({ metrics }) => metrics)) as Record<string, number>;
}

function samplesOf(evaluations: readonly Evaluation[]): CompletionSample[] {
  return evaluations.flatMap(({ scored }) => scored.map((one) => sample(one)));
}

function stepSamples({ scored, advantages, step }: StepResult): CompletionSample[] {
  return scored.map((one, index) => ({
    ...sample(one),
    advantage: advantages[index]!,
    weightVersion: step - 1,
    ids: Array.from(one.rollout.tokens),
    logProbs: Array.from(one.rollout.logProbs),
  }));
}

function sample({ completion, reward, parts, rollout }: StepResult['scored'][number]): CompletionSample {
  const { prompt } = completion;
  return {
    prompt: prompt.text ?? (prompt.messages ?? []).map(({ role, content }) => `${role}: ${content}`).join('\n'),
    completion: completion.text,
    reward,
    rewards: Object.fromEntries(Object.entries(parts).map(([name, { score }]) => [name, score ?? Number.NaN])),
    finishReason: rollout.finishReason,
  };
}

function summary(stopped: TrainSummary['stopped'], { live }: TrainJob, started: number, last: MetricsRow, checkpoint: string | undefined): TrainSummary {
  const { step: _step, attempt: _attempt, time: _time, ...metrics } = last;
  return { stopped, step: live.progress.step, seconds: (performance.now() - started) / 1000, metrics, ...(checkpoint !== undefined && { checkpoint }) };
}

/** Reads the metric that says which checkpoint is best. A name that no row has would keep nothing, and say nothing: it is warned of, once. */
function bestReader(name: string | null, observer: RunObserver): (row: MetricsRow, isEvaluated: boolean) => Promise<number | null> {
  let isTold = false;
  return async ({ attempt: _attempt, time: _time, ...row }, isEvaluated) => {
    const measured = name === null ? null : row[name];
    if (name !== null && measured === undefined && !isTold && (isEvaluated || !name.startsWith('eval/'))) {
      isTold = true;
      const { step, ...metrics } = row;
      await observer.warning(
        `checkpoint.keep_best: expected a metric of the run, got ${name}, which step ${step} did not measure. A best checkpoint is kept of steps that do; there are ${Object.keys(metrics).join(', ')}.`,
      );
    }
    return typeof measured === 'number' ? measured : null;
  };
}
