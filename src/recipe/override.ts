/** `key=value` from the command line. */

import type { RecipeIssue } from '../base/errors.ts';
import { commandLine, type Located, locate, type Path } from './located.ts';
import { isRefusedKey, readValue } from './yaml-source.ts';

export interface Override {
  readonly path: Path;
  readonly part: Located;
}

/** Splits `reward.0.weight=2` (or `reward[0].weight=2`) into a path and a value. */
export function parseOverride(text: string, issues: RecipeIssue[]): Override | undefined {
  const equals = text.indexOf('=');
  const key = text.slice(0, equals).trim();
  const path = key.replace(/\[(\d+)\]/g, '.$1').split('.');
  if (equals < 1 || path.some((part) => part === '')) {
    issues.push({ path: '', message: `expected key=value, got ${JSON.stringify(text)}.`, at: 'command line' });
    return undefined;
  }
  if (path.some(isRefusedKey)) {
    issues.push({ path: key, message: 'expected a key of the recipe.', at: 'command line' });
    return undefined;
  }
  return { path, part: locate(readValue(text.slice(equals + 1)), commandLine) };
}
