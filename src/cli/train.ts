/** `entrain train`: makes the run folder ready, trains, and writes the report. */

import { relative } from 'node:path';
import { Interrupted, RecipeError } from '../base/errors.ts';
import { printedRecipe, readPrintedRecipe } from '../recipe/print.ts';
import { type LoadedRecipe, withPlaces } from '../recipe/read.ts';
import { issuesOnResume } from '../recipe/resume-check.ts';
import { type RunObserver, silent, tellAll, type TrainSummary } from '../trainer/observer.ts';
import { reportPath, writeReport } from '../trainer/report/from-store.ts';
import { logPath, openRunFolder, type RunFolder } from '../trainer/run-folder-node.ts';
import { runRecorder } from '../trainer/run-recorder.ts';
import type { Engine } from './engine.ts';
import { environmentInfo } from './environment-info.ts';
import { type SignalSource, watchInterrupts } from './interrupts.ts';
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
    if (folder.movedTo !== undefined) await observer.note(`the earlier run is kept in ${relative(process.cwd(), folder.movedTo)}`);
    const services = { adapter: loaded.recipe.adapter, store: folder.store, attempt: folder.attempt, observer, signal: interrupts.signal };
    const summary = await engine.train(loaded.recipe, services);
    if (!options.json) terminal.out(`report ${relative(process.cwd(), `${folder.path}/${reportPath}`)}\n`);
    return exitCodeOf(summary);
  } catch (error) {
    throw error instanceof RecipeError ? withPlaces(error, loaded) : error;
  } finally {
    interrupts.release();
    await finish(folder, loaded);
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
  const device: RunObserver = {
    ...silent,
    started: (info) => store.write('env.json', `${JSON.stringify({ attempt, ...environment, device: info.device, parameters: info.parameters }, null, 2)}\n`),
  };
  const recorder = to.includes('jsonl') ? [runRecorder(store, { attempt, schema, completions })] : [];
  const watcher = terminalWatcher(terminal, { ...options, every, printCompletions, hasConsole: to.includes('console') });
  return tellAll([...recorder, device, log, watcher]);
}

/** The report is worth having after a failure too; a failure to write it must not hide the first one. */
async function finish(folder: RunFolder, { recipe }: LoadedRecipe): Promise<void> {
  try {
    await writeReport(folder.store, `${recipe.run.project} / ${recipe.run.name}`);
  } finally {
    await folder.release();
  }
}
