/** Turns the keys of TRL and verl into ours, where that is a plain rename. */

import type { RecipeIssue } from '../base/errors.ts';
import { type Alias, aliases } from './alias-table.ts';
import { type Located, locate, originInWords, partAt, plain, withoutPart, withPart } from './located.ts';

/** The layer in our keys; `notes` says what was read as what. `all` is what every layer says, in the words it was written in. */
export function withOurKeys(layer: Located, issues: RecipeIssue[], notes: string[], all: Located = layer): Located {
  let root = layer;
  const read = new Set<string>();
  for (const alias of aliases) {
    const part = partAt(layer, alias.from.split('.'));
    if (!part || read.has(alias.from) || !standsBeside(alias, all)) continue;
    read.add(alias.from);
    const at = originInWords(part.origin);
    const value = translated(alias, part);
    root = withoutPart(root, alias.from.split('.'));
    if (alias.neutral !== undefined && plain(part) === alias.neutral) continue;
    if (!value) {
      issues.push({
        path: alias.from,
        at,
        message: `expected one of ${Object.keys(alias.values ?? {}).join(', ')}, got ${JSON.stringify(plain(part))}. Write ${alias.to.join(' and ')} instead.`,
      });
      continue;
    }
    for (const key of alias.to) {
      const path = key.split('.');
      if (partAt(layer, path)) issues.push({ path: alias.from, at, message: `expected one of ${alias.from} and ${key}, got both.` });
      else root = withPart(root, path, value, issues);
    }
    notes.push(`${at}: ${alias.from} is read as ${alias.to.join(' and ')}.`);
  }
  return root;
}

function standsBeside({ beside }: Alias, layer: Located): boolean {
  if (!beside) return true;
  const part = partAt(layer, beside[0].split('.'));
  return part !== undefined && String(plain(part)) === beside[1];
}

function translated({ values, isOpen }: Alias, part: Located): Located | undefined {
  const written = String(plain(part));
  if (values && Object.hasOwn(values, written)) return locate(values[written], part.origin);
  return !values || isOpen ? part : undefined;
}
