/** Where a page's run is kept: a folder of the browser's storage that one tab uses at a time, or memory. */

import { DataError, RecipeError } from '../base/errors.ts';
import { VERSION } from '../base/version.ts';
import { describeRun } from '../trainer/run-description.ts';
import { memoryStore } from '../trainer/run-store-memory.ts';
import { openOpfsStore } from '../trainer/run-store-opfs.ts';
import type { RunStore } from '../trainer/run-store.ts';
import type { RunRequest } from './protocol.ts';

/** Where a run in a worker happens, and who watches it. */
export interface RunPlace {
  readonly store: RunStore;
  readonly attempt: number;
  readonly environment: Readonly<Record<string, unknown>>;
  /** Where an earlier run was put. */
  readonly movedTo?: string;
}

/**
 * Makes the folder ready and works in it, alone.
 *
 * @throws DataError   when another tab trains in it, or the browser refuses its storage
 * @throws RecipeError when the recipe does not fit the run it would resume
 */
export async function inRunPlace<T>(request: RunRequest, work: (place: RunPlace) => Promise<T>): Promise<T> {
  const { recipe, keep } = request;
  if (keep === 'memory') return work(await describedIn(memoryStore('this tab'), request));
  const parent = `${recipe.run.dir}/${recipe.run.project}`;
  const name = recipe.run.name ?? 'run';
  return navigator.locks.request(`entrain ${parent}/${name}`, { ifAvailable: true }, async (lock) => {
    if (!lock) {
      throw new DataError(
        `${parent}/${name}: expected a run folder nobody uses, got one that another tab trains in. Watch it there, stop it, or choose another run.name.`,
      );
    }
    const movedTo = request.fresh ? await setAside(await openOpfsStore(parent), name) : undefined;
    const place = await describedIn(await openOpfsStore(`${parent}/${name}`), request);
    return work(movedTo === undefined ? place : { ...place, movedTo: `${parent}/${movedTo}` });
  });
}

async function describedIn(store: RunStore, { recipeText, resolvedText }: RunRequest): Promise<RunPlace> {
  const environment = {
    version: VERSION,
    started: new Date().toISOString(),
    browser: navigator.userAgent,
    processors: navigator.hardwareConcurrency,
  };
  const attempt = await describeRun(store, { recipeText, resolvedText, environment, checkResume: (previous) => checkResume(previous, resolvedText) });
  return { store, attempt, environment };
}

/** The reader of YAML is loaded only here, where there is an earlier run to compare with. */
async function checkResume(previous: string, now: string): Promise<void> {
  const [{ readPrintedRecipe }, { issuesOnResume }] = await Promise.all([import('../recipe/print.ts'), import('../recipe/resume-check.ts')]);
  const issues = issuesOnResume(readPrintedRecipe(previous), readPrintedRecipe(now));
  if (issues.length > 0) throw new RecipeError(issues);
}

/** Moves an earlier run to the first free `<name>.1`, `<name>.2`, …; nothing is ever deleted. */
async function setAside(parent: RunStore, name: string): Promise<string | undefined> {
  const taken = new Set((await parent.list('')).map((entry) => entry.name));
  if (!taken.has(name)) return undefined;
  let number = 1;
  while (taken.has(`${name}.${number}`)) number++;
  await parent.rename(name, `${name}.${number}`);
  return `${name}.${number}`;
}
