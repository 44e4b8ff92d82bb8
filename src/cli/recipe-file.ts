/** Which recipe a command means, and reading it from disk. */

import { readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RecipeError } from '../base/errors.ts';
import { nearest } from '../recipe/nearest.ts';
import { type LoadedRecipe, readRecipe } from '../recipe/read.ts';
import { isOverride } from './key-flags.ts';
import { shortPath } from './paths.ts';

export type Method = 'grpo' | 'sft';

export interface RecipeWords {
  readonly method?: Method;
  /** A recipe file or the folder of a run. */
  readonly path?: string;
  readonly overrides: readonly string[];
}

/** The recipes that are run when none is named. */
const standard: Readonly<Record<Method, string>> = { grpo: 'make-the-number.yaml', sft: 'make-the-number-warmup.yaml' };

/**
 * Sorts the words after a verb into method, file and overrides.
 *
 * @throws RecipeError for a word that is none of them
 */
export function sortWords(words: readonly string[]): RecipeWords {
  const overrides = words.filter(isOverride);
  const others = words.filter((word) => !isOverride(word));
  const method = others[0] === 'grpo' || others[0] === 'sft' ? others[0] : undefined;
  const [path, extra] = method ? others.slice(1) : others;
  if (extra !== undefined)
    throw new RecipeError(`command line: expected one recipe and key=value, got ${JSON.stringify(extra)} too. Write ${extra}=… if it is a key.`);
  if (path !== undefined && !/[./\\]/.test(path)) {
    const meant = nearest(path, ['grpo', 'sft']);
    throw new RecipeError(
      `command line: expected grpo, sft, a recipe file or key=value, got ${JSON.stringify(path)}.${meant ? ` Did you mean ${meant}?` : ''}`,
    );
  }
  return { overrides, ...(method && { method }), ...(path !== undefined && { path }) };
}

/**
 * Reads the recipe that the words mean: a file, the recipe of a run's folder, or the default one.
 *
 * @param use `weights` takes the newest checkpoint of a run's folder as the model; `run` goes on with the run itself
 */
export async function loadRecipe({ method, path, overrides }: RecipeWords, use: 'run' | 'weights'): Promise<LoadedRecipe> {
  const folder = path !== undefined && (await isFolder(path)) ? path : undefined;
  const file = folder !== undefined ? join(folder, 'config.resolved.yaml') : (path ?? standardRecipe(method ?? 'grpo'));
  const trained = folder === undefined || use === 'run' ? [] : await weightsOf(folder);
  const chosen = method === undefined ? [] : [`method=${method}`];
  return readRecipe({ file, overrides: [...trained, ...chosen, ...overrides], environment: process.env, readText });
}

function standardRecipe(method: Method): string {
  return fileURLToPath(new URL(`../../examples/recipes/${standard[method]}`, import.meta.url));
}

/** The newest checkpoint of a run stands in for the weights it began with. */
async function weightsOf(folder: string): Promise<string[]> {
  const latest = await readFile(join(folder, 'checkpoints', 'latest'), 'utf8').catch(() => undefined);
  if (latest === undefined) throw new RecipeError(`${folder}: expected the folder of a run with a checkpoint, got one without checkpoints/latest.`);
  return [`model.path=${JSON.stringify(join(folder, 'checkpoints', latest.trim()))}`, 'model.init=null'];
}

async function readText(file: string, from: string | undefined): Promise<{ path: string; text: string }> {
  const full = from === undefined ? resolve(file) : resolve(dirname(resolve(from)), file);
  const path = shortPath(full);
  try {
    return { path, text: await readFile(full, 'utf8') };
  } catch (cause) {
    throw new RecipeError([{ path: '', message: `expected a recipe file, got ${path}, which cannot be read.`, ...(from !== undefined && { at: from }) }], {
      cause,
    });
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}
