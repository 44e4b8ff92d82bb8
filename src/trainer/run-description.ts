/** The files that describe a run, written into its folder before anything starts, on whatever store it is kept. */

import { readText, type RunStore } from './run-store.ts';

/** What is written down of a run before its first step. */
export interface RunDescription {
  readonly recipeText: string;
  readonly resolvedText: string;
  /** What the run happens in: device, versions, machine. */
  readonly environment: Readonly<Record<string, unknown>>;
  /** Compares the recipe with the one of the run that would be resumed, and throws where they do not agree. */
  readonly checkResume: (previousResolvedText: string) => void | Promise<void>;
}

/**
 * Writes recipe, resolved recipe, environment and an empty log.
 *
 * @returns the number of this attempt: 1 for the first in this folder
 * @throws RecipeError when the recipe does not fit the run it would resume
 */
export async function describeRun(store: RunStore, { recipeText, resolvedText, environment, checkResume }: RunDescription): Promise<number> {
  const previous = await readText(store, 'config.resolved.yaml');
  const hasCheckpoint = (await store.size('checkpoints/latest')) !== undefined;
  if (previous !== undefined && hasCheckpoint) await checkResume(previous);
  const attempt = await nextAttempt(store);
  await store.write('recipe.yaml', recipeText);
  await store.write('config.resolved.yaml', resolvedText);
  await store.write('env.json', `${JSON.stringify({ attempt, ...environment }, null, 2)}\n`);
  await store.append(logPath(attempt), '');
  return attempt;
}

/** The log of one attempt. */
export function logPath(attempt: number): string {
  return `logs/attempt_${attempt}.log`;
}

async function nextAttempt(store: RunStore): Promise<number> {
  const numbers = (await store.list('logs')).flatMap(({ name }) => /^attempt_(\d+)\.log$/.exec(name)?.[1] ?? []);
  return 1 + Math.max(0, ...numbers.map(Number));
}
