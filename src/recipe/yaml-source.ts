/** Reads YAML (or JSON, which is YAML) into located values. */

import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type YAMLError } from 'yaml';
import type { RecipeIssue } from '../base/errors.ts';
import { type Environment, withEnvironment } from './environment.ts';
import type { Located, Origin, Scalar } from './located.ts';

/** Aliases repeat parts of a file; past this many values it is an attack or a mistake. */
const largestRecipe = 10_000;

const refusedKeys = new Set(['__proto__', 'constructor', 'prototype']);

export interface Source {
  readonly root: Located;
  readonly issues: readonly RecipeIssue[];
}

/** What a text holds, with every problem of its form. An empty text holds an empty map. */
export function readYaml(text: string, file: string, environment: Environment): Source {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const walk: Walk = { document, environment, issues: [], count: 0, at: (offset) => placeOf(lines, file, offset) };
  for (const error of document.errors) walk.issues.push({ path: '', message: wordsOf(error), at: walk.at(error.pos[0]) });
  const empty: Located = { origin: { kind: 'file', at: file }, value: new Map() };
  if (walk.issues.length > 0) return { root: empty, issues: walk.issues };
  const root = located(walk, document.contents, 0, []);
  if (root.value instanceof Map) return { root, issues: walk.issues };
  if (root.value !== null) walk.issues.push({ path: '', message: 'expected a map of recipe keys at the top.', at: walk.at(0) });
  return { root: empty, issues: walk.issues };
}

/** One value from the command line: YAML where it is a scalar, `[…]` or `{…}`, else the text as it stands. */
export function readValue(text: string): unknown {
  const document = parseDocument(text);
  const isCollection = /^\s*[[{]/.test(text);
  const isWhole = isScalar(document.contents) && !document.comment && !document.contents.comment;
  const isValue = document.errors.length === 0 && (document.contents === null || isCollection || isWhole);
  return isValue ? document.toJS({ maxAliasCount: 0 }) : text;
}

export function isRefusedKey(key: string): boolean {
  return refusedKeys.has(key);
}

interface Walk {
  readonly document: Document;
  readonly environment: Environment;
  readonly issues: RecipeIssue[];
  readonly at: (offset: number) => string;
  count: number;
}

function located(walk: Walk, node: unknown, offset: number, path: readonly string[]): Located {
  const origin: Origin = { kind: 'file', at: walk.at(offset) };
  if (++walk.count > largestRecipe) {
    if (walk.count === largestRecipe + 1)
      report(walk, offset, path, `expected at most ${largestRecipe} values, got more. Look for anchors that repeat each other.`);
    return { origin, value: null };
  }
  if (isAlias(node)) return located(walk, node.resolve(walk.document), offset, path);
  if (isSeq(node)) return { origin, value: node.items.map((item, i) => located(walk, item, startOf(item) ?? offset, [...path, String(i)])) };
  if (isMap(node)) return { origin, value: entriesOf(walk, node.items, offset, path) };
  if (isScalar(node)) return { origin, value: scalarOf(walk, node.value, offset, path) };
  return { origin, value: null };
}

function entriesOf(walk: Walk, items: readonly { key: unknown; value: unknown }[], offset: number, path: readonly string[]): Map<string, Located> {
  const entries = new Map<string, Located>();
  for (const { key: node, value } of items) {
    const at = startOf(node) ?? offset;
    const key = isScalar(node) ? String(node.value) : '?';
    if (!isScalar(node) || isRefusedKey(key)) report(walk, at, path, `expected a plain key, got ${isScalar(node) ? key : 'a list or map'}.`);
    else entries.set(key, located(walk, value, at, [...path, key]));
  }
  return entries;
}

function scalarOf(walk: Walk, value: unknown, offset: number, path: readonly string[]): Scalar {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
  const written = String(value);
  const { text, missing } = withEnvironment(written, walk.environment);
  for (const name of missing)
    report(walk, offset, path, `expected the environment variable ${name}, got nothing. Set it, or write $\${${name}} for the text itself.`);
  const isOneVariable = /^\$\{\w+\}$/.test(written);
  const typed = isOneVariable ? readValue(text) : text;
  return typeof typed === 'number' || typeof typed === 'boolean' || typed === null ? typed : text;
}

function report(walk: Walk, offset: number, path: readonly string[], message: string): void {
  walk.issues.push({ path: path.join('.'), message, at: walk.at(offset) });
}

function startOf(node: unknown): number | undefined {
  return isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range?.[0] : undefined;
}

function placeOf(lines: LineCounter, file: string, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `${file}:${line}:${col}`;
}

/** What the parser found, in our words where its own speak of its interface. */
function wordsOf({ code, message }: YAMLError): string {
  if (code === 'MULTIPLE_DOCS') return 'expected one recipe, got a second one after “---”. Write it to a file of its own.';
  if (code === 'DUPLICATE_KEY') return 'expected each key once in its block, got this one again. Remove either.';
  return message.endsWith('.') ? message : `${message}.`;
}
