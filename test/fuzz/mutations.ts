/** Real files made wrong: bytes, JSON values and pieces of text, changed by fast-check's draws so that a failing case shrinks. */

import fc from 'fast-check';

/** A change of bytes; places are shares of the length, so that a case means something for any fixture. */
export type ByteChange =
  | { readonly kind: 'set'; readonly at: number; readonly value: number }
  | { readonly kind: 'number'; readonly at: number; readonly value: bigint }
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'drop'; readonly at: number; readonly length: number }
  | { readonly kind: 'repeat'; readonly at: number; readonly length: number };

const place = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });

/** Counts and offsets that lie. */
const wide = fc.constantFrom(0n, 1n, 3n, 255n, 2n ** 16n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n);

export const byteChange: fc.Arbitrary<ByteChange> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('set' as const), at: place, value: fc.nat(255) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('number' as const), at: place, value: wide }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut' as const), at: place }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop' as const), at: place, length: fc.integer({ min: 1, max: 40 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('repeat' as const), at: place, length: fc.integer({ min: 1, max: 40 }) }) },
);

/** Applies a change within [from, to). */
export function changed(bytes: Uint8Array, change: ByteChange, from = 0, to = bytes.length): Uint8Array {
  if (bytes.length === 0) return bytes;
  const at = Math.min(bytes.length - 1, Math.floor(from + change.at * (to - from)));
  switch (change.kind) {
    case 'set':
      return bytes.with(at, change.value);
    case 'number': {
      const copy = new Uint8Array(bytes);
      for (let i = 0; i < 8 && at + i < copy.length; i++) copy[at + i] = Number((change.value >> BigInt(8 * i)) & 255n);
      return copy;
    }
    case 'cut':
      return bytes.slice(0, at);
    case 'drop':
      return joined(bytes.subarray(0, at), bytes.subarray(at + change.length));
    case 'repeat':
      return joined(bytes.subarray(0, at + change.length), bytes.subarray(at));
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** Values that no honest file has where another stood. */
const HOSTILE: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  0.5,
  1e308,
  2 ** 31,
  2 ** 53,
  '',
  '..',
  '../../etc/passwd',
  '/etc/passwd',
  '__proto__',
  'constructor',
  'F32',
  'x'.repeat(5000),
  [],
  [[]],
  [1e9, 1e9, 1e9],
  [-1, 4],
  [0, 2 ** 53],
  {},
  { length: 9 },
  nested(400),
];

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

export interface JsonChange {
  readonly kind: 'replace' | 'remove' | 'swap' | 'rename' | 'copy';
  /** Which child to go down to, step by step; a share of those there are. */
  readonly path: readonly number[];
  readonly value: number;
}

export const jsonChange: fc.Arbitrary<JsonChange> = fc.record({
  kind: fc.constantFrom('replace', 'replace', 'replace', 'remove', 'swap', 'rename', 'copy'),
  path: fc.array(place, { minLength: 1, maxLength: 7 }),
  value: fc.nat(HOSTILE.length - 1),
});

/** Applies a change to a copy of a parsed JSON value. */
export function changedJson(json: unknown, { kind, path, value }: JsonChange): unknown {
  const copy: unknown = structuredClone(json);
  let [owner, depth]: [object | null, number] = [copy as object | null, 0];
  for (; depth < path.length - 1; depth++) {
    const child = childOf(owner, path[depth]!);
    if (child === null || Object.keys(child).length === 0) break;
    owner = child;
  }
  if (typeof owner !== 'object' || owner === null) return copy;
  const keys = Object.keys(owner);
  const key = keys[Math.floor(path[depth]! * keys.length)];
  if (key === undefined) return HOSTILE[value];
  const other = keys[(keys.indexOf(key) + 1) % keys.length]!;
  const fields = owner as Record<string, unknown>;
  // A new name for an item of a list would be an index, and the list as long as it says.
  if (kind === 'replace' || (kind === 'rename' && Array.isArray(owner))) fields[key] = HOSTILE[value];
  else if (kind === 'remove') delete fields[key];
  else if (kind === 'swap') [fields[key], fields[other]] = [fields[other], fields[key]];
  else if (kind === 'copy') fields[key] = structuredClone(fields[other]);
  else {
    fields[(JSON.stringify(HOSTILE[value]) ?? '').slice(0, 100)] = fields[key];
    delete fields[key];
  }
  return copy;
}

function childOf(owner: unknown, share: number): object | null {
  if (typeof owner !== 'object' || owner === null) return null;
  const children: unknown[] = Object.values(owner);
  const child = children[Math.floor(share * children.length)];
  return typeof child === 'object' ? child : null;
}

export interface TextChange {
  readonly at: number;
  readonly drop: number;
  readonly insert: string;
}

/** Pieces of templates that loop, nest, grow or fail. */
const SNIPPETS = [
  '{% for i in range(1000000000) %}x{% endfor %}',
  '{% for i in range(9999) %}{% for j in range(9999) %}{{ i * j }}{% endfor %}{% endfor %}',
  '{% set ns = namespace(s="xx") %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}{{ ns.s }}',
  '{% macro f(x) %}{{ f(x) }}{% endmacro %}{{ f(1) }}',
  '{{ messages * 1000000 }}',
  '{{ "x" * 1000000000 }}',
  '{{ messages | tojson(indent=100000) }}',
  '{{ messages[0].content.constructor.constructor("return 1")() }}',
  '{{ messages.__proto__ }}',
  '{{ raise_exception("no") }}',
  '{{ messages[-1]["role"][99] }}',
  '{{ (((((((((((((((((((1))))))))))))))))))) }}',
  '{% if true %}',
  '{% endif %}',
  '{{ none.x.y }}',
  '{{ "a,b" | join("y" * 9) }}',
  '{{ undefined_filter | nothing }}',
  '{#',
  '{{',
  '{%-',
  '%}',
  '\\',
  '"',
  "'",
];

export const textChange: fc.Arbitrary<TextChange> = fc.record({
  at: place,
  drop: fc.constantFrom(0, 0, 0, 1, 3, 20),
  insert: fc.oneof(fc.constantFrom(...SNIPPETS), fc.string({ maxLength: 4 })),
});

export function changedText(text: string, { at, drop, insert }: TextChange): string {
  const start = Math.floor(at * text.length);
  return text.slice(0, start) + insert + text.slice(start + drop);
}
