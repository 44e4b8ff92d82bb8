/** Loads a person's own reward from a file: `path.ts:export` or `path.js`. */

import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { RecipeError } from '../base/errors.ts';
import { moduleNamed, moduleReward, type RewardFunction, type RewardShape } from './module-reward.ts';
import type { Reward } from './reward.ts';

/** Names by which a function of one completion is known. */
const SINGLE_NAMES = ['compute_score', 'computeScore'];

/**
 * Imports a reward. Without a name the export is `default`, else `compute_score`, else the only function there is.
 *
 * @param options.folder relative paths start here
 * @param options.args   handed to every call; `shape: batch | single` says which shape the function has, where its name does not
 * @throws RecipeError if the file, the export or the arguments are not there, or this runtime does not read TypeScript
 */
export async function loadRewardModule(
  use: string,
  options: { readonly folder?: string; readonly args?: Readonly<Record<string, unknown>> } = {},
): Promise<Reward> {
  const { path, name } = moduleNamed(use) ?? {};
  if (path === undefined) throw new RecipeError([{ path: 'use', message: `expected path.ts:export or path.js, got ${use}.` }]);
  const file = resolve(options.folder ?? '.', path);
  await access(file).catch((cause: unknown) => {
    throw new RecipeError([{ path: 'use', message: `expected a file ${file}, got none. Check the path.` }], { cause });
  });
  const found = pickFunction(await importModule(file), name, use);
  const { shape = SINGLE_NAMES.includes(found.name) ? 'single' : 'batch', ...args } = options.args ?? {};
  if (!isShape(shape)) throw new RecipeError([{ path: 'args.shape', message: `expected batch or single, got ${JSON.stringify(shape)}.` }]);
  return moduleReward(use, found.call, shape, args);
}

async function importModule(file: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await import(/* @vite-ignore */ pathToFileURL(file).href);
  } catch (cause) {
    throw new RecipeError([{ path: 'use', message: explainImportFailure(file, cause) }], { cause });
  }
}

/** What to do about a file that cannot be imported. */
export function explainImportFailure(file: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION') {
    return `${file}: expected a runtime that reads TypeScript, got Node ${process.versions.node}. Start with npx tsx, use Node 22.18 or newer, or write the reward as .js.`;
  }
  return `${file}: expected a module that can be imported, got: ${String(error)}`;
}

function pickFunction(
  module: Readonly<Record<string, unknown>>,
  wanted: string | undefined,
  use: string,
): { readonly name: string; readonly call: RewardFunction } {
  const functions = new Map<string, RewardFunction>();
  for (const [name, value] of Object.entries(module)) if (isCallable(value)) functions.set(name, value);
  const usual = ['default', ...SINGLE_NAMES].find((name) => functions.has(name));
  const only = functions.size === 1 ? [...functions.keys()][0] : undefined;
  const exported = wanted ?? usual ?? only;
  const call = exported === undefined ? undefined : functions.get(exported);
  if (exported === undefined || call === undefined) {
    const names = [...functions.keys()].join(', ') || 'none';
    throw new RecipeError([
      {
        path: 'use',
        message: `${use}: expected a function ${wanted ?? 'to use'}, got exports ${names}. Name one after a colon.`,
      },
    ]);
  }
  // A default export is known by the name it was written under.
  return { name: exported === 'default' ? call.name : exported, call };
}

function isCallable(value: unknown): value is RewardFunction {
  return typeof value === 'function';
}

function isShape(value: unknown): value is RewardShape {
  return value === 'batch' || value === 'single';
}
