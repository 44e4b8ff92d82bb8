/** Which keys may change between two attempts at the same run. */

import type { RecipeIssue } from '../base/errors.ts';
import { leavesOf, locate } from './located.ts';

/** Keys that do not touch what is learned; everything else must stay as it was. */
const free = ['steps', 'run', 'resume', 'adapter', 'log', 'eval', 'checkpoint', 'guards', 'batch.micro_tokens'];

/** One issue for each key that differs and may not. */
export function issuesOnResume(before: unknown, now: unknown): RecipeIssue[] {
  const old = valuesByKey(before);
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

function valuesByKey(recipe: unknown): Map<string, string> {
  return new Map(
    leavesOf(locate(recipe, { kind: 'default' })).map(({ path, part }) => [path.join('.'), JSON.stringify(part.value instanceof Map ? {} : part.value)]),
  );
}
