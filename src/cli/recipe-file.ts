/** Which recipe a command means, and reading it from disk. */

import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RecipeError } from '../base/errors.ts';
import { checkpointFault, readState } from '../trainer/checkpoint.ts';
import { nodeStore } from '../trainer/run-store-node.ts';
import { nearest } from '../recipe/nearest.ts';
import { type LoadedRecipe, readRecipe } from '../recipe/read.ts';
import { readRecipeText } from '../recipe/recipe-text-node.ts';
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
    const meant = nearest(path, method ? [] : ['grpo', 'sft']);
    throw new RecipeError(
      `command line: expected ${method ? '' : 'grpo, sft, '}a recipe file or key=value, got ${JSON.stringify(path)}.${meant ? ` Did you mean ${meant}?` : ''}`,
    );
  }
  return { overrides, ...(method && { method }), ...(path !== undefined && { path }) };
}

/** What a path is read for: to go on with a run, or for the weights of one of its checkpoints. */
export type RecipeUse = 'run' | { readonly checkpoint: CheckpointChoice };

/** The newest checkpoint, the best one that `checkpoint.keep_best` kept, or the one after a step. */
export type CheckpointChoice = 'latest' | 'best' | number;

/**
 * Reads the recipe that the words mean: a file, the recipe of a run's folder, or the default one. Where weights are asked for, the folder
 * or the GGUF file of a model will do too.
 */
export async function loadRecipe({ method, path, overrides }: RecipeWords, use: RecipeUse): Promise<LoadedRecipe> {
  const folder = path !== undefined && (await isFolder(path)) ? path : undefined;
  const isModel = path !== undefined && (await isModelPath(path));
  if (isModel && use === 'run')
    throw new RecipeError(`${path}: expected a recipe or the folder of a run, got a model. Name the model in a recipe: model.path=${path}.`);
  const file = isModel ? standardRecipe('grpo') : folder !== undefined ? join(folder, 'config.resolved.yaml') : (path ?? standardRecipe(method ?? 'grpo'));
  if (folder !== undefined && !isModel && !(await isFile(file)))
    throw new RecipeError(`${folder}: expected a recipe file or the folder of a run, got a folder without config.resolved.yaml.`);
  const place = use === 'run' && folder !== undefined ? runAt(folder) : [];
  const weights = use === 'run' ? [] : isModel ? modelAt(path) : folder === undefined ? [] : modelAt(await checkpointOf(folder, use.checkpoint));
  const chosen = method === undefined ? [] : [`method=${method}`];
  return readRecipe({
    file,
    overrides: [...place, ...weights, ...chosen, ...overrides],
    environment: process.env,
    readText: (name, from) => readRecipeText(name, from, shortPath),
  });
}

function standardRecipe(method: Method): string {
  return fileURLToPath(new URL(`../../examples/recipes/${standard[method]}`, import.meta.url));
}

/** A run goes on in the folder that was named, wherever its recipe says that it began: it may have been moved, or be a copy. */
function runAt(folder: string): string[] {
  const path = resolve(folder);
  const project = dirname(path);
  const place = { dir: shortPath(dirname(project)) || '.', project: basename(project), name: basename(path) };
  return Object.entries(place).map(([key, value]) => `run.${key}=${JSON.stringify(value)}`);
}

function modelAt(path: string): string[] {
  return [`model.path=${JSON.stringify(path)}`, 'model.init=null'];
}

/** Whether a path is a model itself: a GGUF file, a config.json (to plan with), or a folder with a model's or an adapter's configuration and no run in it. */
async function isModelPath(path: string): Promise<boolean> {
  if (path.endsWith('.gguf') || basename(path) === 'config.json') return true;
  const names = await readdir(path).catch((): string[] => []);
  const isRun = names.includes('config.resolved.yaml');
  return !isRun && names.some((name) => name === 'config.json' || name === 'adapter_config.json' || name.endsWith('.gguf'));
}

/**
 * The folder of a run's checkpoint.
 *
 * @throws RecipeError if the run has none of that kind, or it is not whole
 */
export async function checkpointOf(run: string, choice: CheckpointChoice): Promise<string> {
  const store = nodeStore(resolve(run));
  const latest = (await readFile(join(run, 'checkpoints', 'latest'), 'utf8').catch(() => '')).trim();
  if (!/^step_\d+$/.test(latest)) throw new RecipeError(`${run}: expected the folder of a run with a checkpoint, got one without checkpoints/latest.`);
  const best = choice === 'best' ? (await readState(store, `checkpoints/${latest}`)).best : null;
  if (choice === 'best' && best === null)
    throw new RecipeError(`${run}: expected a best checkpoint, got a run that kept none. Set checkpoint.keep_best in its recipe, or name latest or a step.`);
  const name = choice === 'latest' ? latest : `step_${best?.step ?? String(choice)}`;
  const fault = choice === 'latest' ? null : await checkpointFault(store, `checkpoints/${name}`);
  if (fault !== null) {
    const kept = (await store.list('checkpoints')).flatMap(({ name: other }) => (other.startsWith('step_') ? [other] : []));
    throw new RecipeError(`${run}: expected a checkpoint ${name}, got none that is whole (${fault}). The run has ${kept.join(', ')}.`);
  }
  return join(run, 'checkpoints', name);
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true;
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}
