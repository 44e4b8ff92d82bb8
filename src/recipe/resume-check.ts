/** Which keys may change between two attempts at the same run. */

import type { RecipeIssue } from '../base/errors.ts';
import { recipeSchema } from './recipe.ts';

/** Keys that do not touch what is learned; everything else must stay as it was. */
const free = ['steps', 'run', 'resume', 'adapter', 'log', 'eval', 'checkpoint', 'guards', 'batch.micro_tokens'];

/** One issue for each key that differs and may not. */
export function issuesOnResume(before: unknown, now: unknown): RecipeIssue[] {
  const old = valuesByKey(completed(before));
  const current = valuesByKey(now);
  const keys = [...new Set([...old.keys(), ...current.keys()])];
  return keys
    .filter((key) => !free.some((part) => key === part || key.startsWith(`${part}.`)))
    .filter((key) => old.get(key) !== current.get(key))
    .map((path) => ({
      path,
      message: `expected ${old.get(path) ?? 'nothing'}, as in the run that is resumed, got ${current.get(path) ?? 'nothing'}. Set it back, name another run (run.name=…), or start over with --fresh.`,
    }));
}

/** With the defaults of keys that did not exist yet when the run began; within one recipe_version defaults never change. */
function completed(recipe: unknown): unknown {
  const parsed = recipeSchema.safeParse(recipe);
  return parsed.success ? parsed.data : recipe;
}

/** The values by dotted key; a list is one value. */
function valuesByKey(recipe: unknown, path: readonly string[] = []): Map<string, string> {
  if (typeof recipe !== 'object' || recipe === null || Array.isArray(recipe)) return new Map([[path.join('.'), JSON.stringify(recipe)]]);
  return new Map(Object.entries(recipe).flatMap(([key, value]) => [...valuesByKey(value, [...path, key])]));
}
