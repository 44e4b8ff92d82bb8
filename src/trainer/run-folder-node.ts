/**
 * The folder of a run, made ready before anything starts:
 *
 *   recipe.yaml  config.resolved.yaml  env.json  metrics.jsonl  report.html
 *   logs/attempt_1.log  completions/completions_00012.jsonl  eval/summary.jsonl  checkpoints/
 */

import { access, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DataError, RecipeError } from '../base/errors.ts';
import { lockRun } from './run-lock-node.ts';
import { describeRun, type RunDescription } from './run-description.ts';
import { metricsPath } from './run-recorder.ts';
import type { RunStore } from './run-store.ts';
import { nodeStore } from './run-store-node.ts';

/** Which run folder is to be opened, and for what. */
export interface RunFolderRequest extends RunDescription {
  readonly dir: string;
  readonly project: string;
  readonly name: string;
  /** Keep an earlier run aside, under another name, instead of going on with it. */
  readonly fresh: boolean;
}

/** A run folder that this process holds. */
export interface RunFolder {
  readonly store: RunStore;
  readonly path: string;
  /** 1 for the first process that works in this folder. */
  readonly attempt: number;
  /** Where an earlier run was put. */
  readonly movedTo?: string;
  /** Lets other processes use the folder. */
  release(): Promise<void>;
}

/**
 * Makes the folder ready and writes what describes the run.
 *
 * @throws RecipeError when the folder cannot be written, or the recipe does not fit the run it would resume
 * @throws DataError   when another process trains in it
 */
export async function openRunFolder(request: RunFolderRequest): Promise<RunFolder> {
  const path = resolve(request.dir, request.project, request.name);
  await proveWritable(path);
  const movedTo = request.fresh ? await setAside(path) : undefined;
  const release = await lockRun(join(path, '.lock'));
  try {
    const store = nodeStore(path);
    const attempt = await describeRun(store, request);
    return { store, path, attempt, release, ...(movedTo !== undefined && { movedTo }) };
  } catch (error) {
    await release();
    throw error;
  }
}

/** A store on a run's folder, to look at what it holds. @throws DataError when there is no run */
export async function openFinishedRun(path: string): Promise<RunStore> {
  const store = nodeStore(path);
  if ((await store.size(metricsPath)) === undefined) throw new DataError(`${path}: expected the folder of a run, got one without ${metricsPath}.`);
  return store;
}

async function proveWritable(path: string): Promise<void> {
  const probe = join(path, `.probe-${process.pid}`);
  try {
    await mkdir(path, { recursive: true });
    await writeFile(probe, 'probe');
    await rm(probe);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new RecipeError([{ path: 'run.dir', message: `expected a folder that can be written, got ${path} (${reason}). Choose another: run.dir=…` }], {
      cause: error,
    });
  }
}

/** Moves an earlier run to the first free `<name>.1`, `<name>.2`, …; nothing is ever deleted. */
async function setAside(path: string): Promise<string | undefined> {
  if (!(await exists(join(path, 'config.resolved.yaml')))) return undefined;
  const release = await lockRun(join(path, '.lock'));
  await release();
  let number = 1;
  while (await exists(`${path}.${number}`)) number++;
  await rename(path, `${path}.${number}`);
  await mkdir(path, { recursive: true });
  return `${path}.${number}`;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
