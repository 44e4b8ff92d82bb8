/** Says in our words, with the place, what the schema found wrong. Loaded when it has found something. */

import type { z } from 'zod';
import type { RecipeIssue } from '../base/errors.ts';
import { adviceFor } from './alias-advice.ts';
import { fieldsOf, type JsonSchema, recipeJsonSchema, schemaAt, typeInWords } from './json-schema.ts';
import { type Located, partAt, type Path, placeOf, plain } from './located.ts';
import { nearest, slipsBetween } from './nearest.ts';

type ZodIssue = z.core.$ZodIssue;

/** Every problem the schema found, one entry for each wrong value and each unknown key. */
export function issuesOf(found: readonly ZodIssue[], root: Located): RecipeIssue[] {
  const schema = recipeJsonSchema();
  return found.flatMap((issue) => {
    const path = issue.path.map(String);
    if (issue.code === 'unrecognized_keys') return issue.keys.flatMap((key) => advisedWithin([...path, key], root).map((at) => unknownKey(at, root, schema)));
    return [{ path: path.join('.'), message: wrongValue(issue, path, root, schema), ...placeOf(root, path) }];
  });
}

function wrongValue(issue: ZodIssue, path: Path, root: Located, recipe: JsonSchema): string {
  const schema = schemaAt(path, recipe);
  const part = partAt(root, path);
  const got = part ? shown(plain(part)) : 'nothing';
  if (issue.code === 'invalid_format') return `expected ${issue.message}; got ${got}.`;
  if (issue.code === 'custom' || !schema) return issue.message;
  const meant = schema.enum && part && typeof part.value === 'string' ? nearest(part.value, schema.enum.map(String)) : undefined;
  return `expected ${typeInWords(schema)}, got ${got}.${meant ? ` Did you mean ${meant}?` : ''}`;
}

/** The keys inside a block of theirs that there is advice on; the block itself where there is none. */
function advisedWithin(path: Path, root: Located): readonly Path[] {
  const inside = (at: Path): Path[] => {
    const value = partAt(root, at)?.value;
    if (value instanceof Map) return [...value.keys()].flatMap((key) => inside([...at, String(key)]));
    return adviceFor(at.join('.')) === undefined ? [] : [at];
  };
  const advised = inside(path);
  return advised.length > 0 ? advised : [path];
}

function unknownKey(path: Path, root: Located, recipe: JsonSchema): RecipeIssue {
  const block = path.slice(0, -1).join('.');
  const key = path.at(-1)!;
  const hint = adviceFor(path.join('.')) ?? suggestionFor(path, recipe);
  const message = `expected a key of ${block || 'the recipe'}, got ${key}.${hint ? ` ${hint}` : ''}`;
  return { path: path.join('.'), message, ...placeOf(root, path) };
}

/** “Did you mean …?”: a key beside it that is one slip away, one of that name elsewhere, else the nearest. */
function suggestionFor(path: Path, schema: JsonSchema): string | undefined {
  const key = path.at(-1)!;
  const siblings = Object.keys(propertiesOf(schemaAt(path.slice(0, -1), schema)));
  const all = fieldsOf(schema).map((field) => field.path);
  const sameName = all.find((full) => full.endsWith(`.${key}`));
  const names = new Map(all.map((full) => [full.split('.').at(-1)!, full]));
  const elsewhere = nearest(key, names.keys());
  const oneSlip = siblings.find((sibling) => slipsBetween(key, sibling) === 1);
  const meant = oneSlip ?? sameName ?? nearest(key, siblings) ?? (elsewhere && names.get(elsewhere));
  return meant && `Did you mean ${meant}?`;
}

function propertiesOf(schema: JsonSchema | undefined): object {
  const block = schema?.anyOf?.find((part) => typeof part === 'object' && part.properties) ?? schema;
  return (typeof block === 'object' && block.properties) || {};
}

function shown(value: unknown): string {
  if (value === null) return 'nothing (null)';
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
