/** `entrain train`: makes the run folder ready, trains, and writes the report. */

import { Interrupted, RecipeError } from '../base/errors.ts';
import { printedRecipe, readPrintedRecipe } from '../recipe/print.ts';
import type { LoadedRecipe } from '../recipe/read.ts';
import { issuesOnResume } from '../recipe/resume-check.ts';
import { type RunObserver, silent, tellAll, type TrainSummary } from '../trainer/observer.ts';
import { reportPath, writeReport } from '../trainer/report/from-store.ts';
import { logPath } from '../trainer/run-description.ts';
import { openRunFolder, type RunFolder } from '../trainer/run-folder-node.ts';
import { runRecorder } from '../trainer/run-recorder.ts';
import { closingLines } from './closing.ts';
import { commandName } from './command-name.ts';
import type { Engine } from './engine.ts';
import { environmentInfo } from './environment-info.ts';
import { type SignalSource, watchInterrupts } from './interrupts.ts';
import { shortPath } from './paths.ts';
import { plainLines } from './plain-lines.ts';
import type { Terminal } from './terminal.ts';
import { terminalWatcher } from './watchers.ts';

export interface TrainOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  /** Keep an earlier run of this name aside and start over. */
  readonly fresh: boolean;
}

export interface TrainContext {
  readonly terminal: Terminal;
  readonly engine: Engine;
  readonly signals: SignalSource;
  /** Ends the process at once. */
  readonly quit: () => void;
}

/** Trains as the recipe says. Returns the exit code; failures are thrown. */
export async function train(loaded: LoadedRecipe, options: TrainOptions, { terminal, engine, signals, quit }: TrainContext): Promise<number> {
  const environment = await environmentInfo();
  const folder = await openFolder(loaded, options, environment);
  const observer = watchAll(loaded, folder, options, environment, terminal);
  const interrupts = watchInterrupts(signals, (message) => void observer.note(message), quit);
  try {
    for (const note of loaded.notes) await observer.note(note);
    if (folder.movedTo !== undefined) await observer.note(`the earlier run is kept in ${shortPath(folder.movedTo)}`);
    const services = { adapter: loaded.recipe.adapter, store: folder.store, attempt: folder.attempt, observer, signal: interrupts.signal };
    const summary = await engine.train(loaded.recipe, services);
    if (!options.json) await quietly(terminal, () => close(loaded, folder, options, terminal));
    return exitCodeOf(summary);
  } catch (error) {
    await quietly(terminal, () => folder.store.append(logPath(folder.attempt), `error: ${error instanceof Error ? error.message : String(error)}\n`));
    throw error;
  } finally {
    interrupts.release();
    // A report is worth having after a failure too.
    await quietly(terminal, () => writeReport(folder.store, `${loaded.recipe.run.project} / ${loaded.recipe.run.name}`));
    await folder.release();
  }
}

/** What the run came to, and where to go from here. */
async function close({ recipe }: LoadedRecipe, folder: RunFolder, { quiet }: TrainOptions, terminal: Terminal): Promise<void> {
  const run = shortPath(folder.path);
  const entrain = commandName(process.argv[1] ?? '', process.versions);
  const { entropyCoef } = recipe.algorithm;
  const other = entropyCoef === 0 ? 'algorithm.entropy_coef=0.03 run.name=entropy-bonus' : 'algorithm.entropy_coef=0 run.name=no-bonus';
  const what = `the same ${entropyCoef === 0 ? 'with an' : 'without the'} entropy bonus: compare distinct@${recipe.eval.k ?? recipe.eval.n}`;
  const next = [
    `${entrain} sample ${run} rollout.n=8`,
    `${entrain} train ${shortPath(`${folder.path}/config.resolved.yaml`)} ${other}    # ${what}`,
    `${entrain} train ${run} steps=${recipe.steps * 2}    # go on from here`,
  ];
  const lines = quiet ? [] : await closingLines(folder.store, recipe.method === 'grpo' ? next : next.slice(0, 1));
  terminal.out([...lines, `report ${shortPath(`${folder.path}/${reportPath}`)}`, ''].join('\n'));
}

/** Does what must not hide how the run ended: a failure here is told, not thrown. */
async function quietly(terminal: Terminal, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    terminal.err(`warning: ${error instanceof Error ? error.message : String(error)}\n`);
  }
}

function exitCodeOf({ stopped }: TrainSummary): number {
  return stopped === 'interrupted' ? new Interrupted('').exitCode : 0;
}

function openFolder({ values, text, located }: LoadedRecipe, { fresh }: TrainOptions, environment: Readonly<Record<string, unknown>>): Promise<RunFolder> {
  const { dir, project, name } = values.run;
  return openRunFolder({
    dir,
    project,
    name: name ?? 'run',
    fresh: fresh || values.resume === 'never',
    recipeText: text,
    resolvedText: printedRecipe(located, { origins: 'written' }),
    environment,
    checkResume(previous) {
      const issues = issuesOnResume(readPrintedRecipe(previous), values);
      if (issues.length > 0) throw new RecipeError(issues);
    },
  });
}

function watchAll({ recipe }: LoadedRecipe, folder: RunFolder, options: TrainOptions, environment: object, terminal: Terminal): RunObserver {
  const { store, attempt } = folder;
  const { to, every, printCompletions, schema, completions } = recipe.log;
  const log = plainLines({ write: (text) => store.append(logPath(attempt), text), every: 1, printCompletions, width: 160 });
  const recorder = to.includes('jsonl') ? [runRecorder(store, { attempt, schema, completions })] : [];
  const watcher = terminalWatcher(terminal, { ...options, every, printCompletions, hasConsole: to.includes('console') });
  const starter: RunObserver = {
    ...silent,
    async started({ device, parameters, startStep, steps }) {
      await store.write('env.json', `${JSON.stringify({ attempt, ...environment, device, parameters }, null, 2)}\n`);
      if (startStep >= steps) await watcher.note(`step ${startStep} is the last of this run: raise steps=… to go on, or start over with --fresh`);
    },
  };
  return tellAll([...recorder, log, watcher, starter]);
}
