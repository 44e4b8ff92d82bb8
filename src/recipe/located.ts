/**
 * Recipe values that remember where they come from, so that a message can name the line and `--print-config` the origin.
 *
 * A recipe is layered: defaults, preset, files, command line. Maps merge key by key; lists and single values replace.
 */

import type { RecipeIssue } from '../base/errors.ts';

export type Origin =
  | { readonly kind: 'default' }
  | { readonly kind: 'preset'; readonly name: string }
  | { readonly kind: 'file'; readonly at: string }
  | { readonly kind: 'command line' };

export type Scalar = string | number | boolean | null;

/** A value with its origin: a map, a list, or one scalar. */
export interface Located {
  readonly origin: Origin;
  readonly value: Scalar | readonly Located[] | ReadonlyMap<string, Located>;
}

export type Path = readonly string[];

export const commandLine: Origin = { kind: 'command line' };

/** The origin in words: `recipe.yaml:4:3`, `command line`, `preset dapo`, `default`. */
export function originInWords(origin: Origin): string {
  if (origin.kind === 'file') return origin.at;
  return origin.kind === 'preset' ? `preset ${origin.name}` : origin.kind;
}

/** Wraps plain data, giving every part the same origin. */
export function locate(data: unknown, origin: Origin): Located {
  if (Array.isArray(data)) return { origin, value: data.map((item) => locate(item, origin)) };
  if (typeof data === 'object' && data !== null) {
    return { origin, value: new Map(Object.entries(data).map(([key, item]) => [key, locate(item, origin)])) };
  }
  const isScalar = data === null || typeof data === 'string' || typeof data === 'number' || typeof data === 'boolean';
  return { origin, value: isScalar ? data : String(data) };
}

/** Wraps plain data, giving each part the origin of the same part of another tree, and `default` where that has none. */
export function locateLike(data: unknown, like: Located | undefined): Located {
  const { value } = locate(data, { kind: 'default' });
  const origin = like?.origin ?? { kind: 'default' };
  const counterpart = (key: string) => like && partAt(like, [key]);
  if (isMap(value)) return { origin, value: new Map([...value].map(([key, item]) => [key, locateLike(plain(item), counterpart(key))])) };
  return { origin, value: isList(value) ? value.map((item, i) => locateLike(plain(item), counterpart(String(i)))) : value };
}

/** The plain data, without origins. */
export function plain({ value }: Located): unknown {
  if (isMap(value)) return Object.fromEntries([...value].map(([key, item]) => [key, plain(item)]));
  return isList(value) ? value.map(plain) : value;
}

/** Lays one value over another. A map of both stands where it is first written; a preset and the defaults are not. */
export function overlaid(base: Located | undefined, top: Located): Located {
  if (!base || !isMap(base.value) || !isMap(top.value)) return top;
  const merged = new Map(base.value);
  for (const [key, item] of top.value) merged.set(key, overlaid(merged.get(key), item));
  const isWritten = base.origin.kind === 'file' || base.origin.kind === 'command line';
  return { origin: isWritten ? base.origin : top.origin, value: merged };
}

/** The part a path leads to. */
export function partAt(root: Located, path: Path): Located | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return root;
  const next = isMap(root.value) ? root.value.get(key) : isList(root.value) && /^\d+$/.test(key) ? root.value[Number(key)] : undefined;
  return next && partAt(next, rest);
}

/** The part a path leads to, or the nearest thing around it that stands in a file or on the command line. */
export function nearestPart(root: Located, path: Path): Located {
  for (let length = path.length; length > 0; length--) {
    const part = partAt(root, path.slice(0, length));
    if (part && part.origin.kind !== 'default') return part;
  }
  return root;
}

/**
 * The same tree with one part replaced. Maps on the way are made where they are missing; a list grows by one at most.
 *
 * @throws through `issues` when the path runs through a single value or past the end of a list
 */
export function withPart(root: Located | undefined, path: Path, part: Located, issues: RecipeIssue[], walked: Path = []): Located {
  const [key, ...rest] = path;
  if (key === undefined) return part;
  const here = [...walked, key];
  if (root && isList(root.value)) {
    const index = /^\d+$/.test(key) ? Number(key) : NaN;
    if (!(index <= root.value.length)) {
      issues.push({
        path: here.join('.'),
        message: `expected the number of a list entry, 0 to ${root.value.length}, got ${key}.`,
        at: originInWords(part.origin),
      });
      return root;
    }
    const items = [...root.value];
    items[index] = withPart(items[index], rest, part, issues, here);
    return { origin: part.origin, value: items };
  }
  const entries = new Map(root && isMap(root.value) ? root.value : []);
  entries.set(key, withPart(entries.get(key), rest, part, issues, here));
  return { origin: root?.origin ?? part.origin, value: entries };
}

/** The same tree without one part; maps emptied by it go too. */
export function withoutPart(root: Located, path: Path): Located {
  const [key, ...rest] = path;
  const child = key !== undefined && isMap(root.value) ? root.value.get(key) : undefined;
  if (key === undefined || !child || !isMap(root.value)) return root;
  const entries = new Map(root.value);
  const kept = rest.length === 0 ? undefined : withoutPart(child, rest);
  if (!kept || (isMap(kept.value) && kept.value.size === 0)) entries.delete(key);
  else entries.set(key, kept);
  return { origin: root.origin, value: entries };
}

/** Every scalar and every empty map or list with its path, in order. */
export function leavesOf(root: Located, path: Path = []): { path: Path; part: Located }[] {
  const children: [string, Located][] = isMap(root.value) ? [...root.value] : isList(root.value) ? root.value.map((item, i) => [String(i), item]) : [];
  return children.length === 0 ? [{ path, part: root }] : children.flatMap(([key, item]) => leavesOf(item, [...path, key]));
}

function isMap(value: Located['value']): value is ReadonlyMap<string, Located> {
  return value instanceof Map;
}

function isList(value: Located['value']): value is readonly Located[] {
  return Array.isArray(value);
}

/** The place of a path for a message: where it, or the nearest thing around it, is written. */
export function placeOf(root: Located, path: Path): { at?: string } {
  const { origin } = nearestPart(root, path);
  return origin.kind === 'default' ? {} : { at: originInWords(origin) };
}
