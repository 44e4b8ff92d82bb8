/** Compares what was computed with what a case expects, quantity by quantity. */

import { numberOf, type Json } from './fields.ts';
import type { FixtureCase, Limits } from './fixture.ts';

export type Precision = 'float64' | 'float32';

/** How one quantity of one case came out. */
export interface Outcome {
  /** A key of `expected`, or `metrics.<name>`. */
  readonly quantity: string;
  /** Values compared. */
  readonly compared: number;
  /** Largest |got − expected| as a share of what was allowed there; above 1 is a miss. */
  readonly worst: number;
  /** That |got − expected|, and where it is. */
  readonly error: number;
  readonly where: string;
}

/** Masks, indices, counts and names of the fixture families: they are equal or wrong. */
const EXACT = new Set(
  'selected candidates budget budgets keptGroups keptRows tokens rowKeep segmentMask lowEntropy highEntropy positiveNegative phases rank rank1 topK count size sizeExclusive survives enabled mode mode_id hallucinationIdxs'.split(
    ' ',
  ),
);

/** The values of `expected` by quantity: its keys, with each metric on its own. */
export function quantitiesOf(expected: Readonly<Record<string, Json>>): [string, Json][] {
  return Object.entries(expected).flatMap(([key, value]): [string, Json][] => {
    if (key !== 'metrics' || !isRecord(value)) return [[key, value]];
    return Object.entries(value).map(([name, metric]) => [`metrics.${name}`, metric]);
  });
}

/**
 * Compares one quantity.
 *
 *   float64: |got − expected| ≤ abs + rel · |expected|
 *   float32: |got − expected| ≤ max(abs + rel · |expected|, 4 · float32Deviation · (1 + largest |value| of the field))
 *
 * @param got numbers, texts, arrays (typed ones too) and records of the same form as `expected`; undefined where it was not computed
 */
export function compareQuantity(
  quantity: string,
  expected: Json,
  got: unknown,
  { float32Deviation }: Pick<FixtureCase, 'float32Deviation'>,
  limits: Limits,
  precision: Precision,
): Outcome {
  const pairs = [...pairUp(expected, got, '', quantity.split('.').at(-1)!.split('/').at(-1)!)];
  const largest = new Map<string, number>();
  for (const { field, expected: value } of pairs) {
    if (typeof value === 'number' && Number.isFinite(value)) largest.set(field, Math.max(largest.get(field) ?? 0, Math.abs(value)));
  }
  let [worst, error, where] = [-1, 0, ''];
  for (const { field, place, expected: value, got: found, exact } of pairs) {
    const deviation = precision === 'float32' ? 4 * float32Deviation * (1 + (largest.get(field) ?? 0)) : 0;
    const allowed = exact || typeof value !== 'number' || !Number.isFinite(value) ? 0 : Math.max(limits.abs + limits.rel * Math.abs(value), deviation);
    const gap = gapBetween(value, found);
    const share = gap === 0 ? 0 : gap / allowed;
    if (share > worst) [worst, error, where] = [share, gap, `${place}: got ${shown(found)}, expected ${shown(value)}`];
  }
  return { quantity, compared: pairs.length, worst: Math.max(0, worst), error, where };
}

interface Pair {
  /** The place without its indices: what `largest |value| of the field` ranges over. */
  readonly field: string;
  readonly place: string;
  readonly expected: number | string | null;
  readonly got: unknown;
  readonly exact: boolean;
}

/** Leaves of `expected` with what stands in the same place of `got`. Null in a list is not compared; elsewhere it must be null. */
function* pairUp(expected: Json, got: unknown, place: string, name: string, field = ''): Generator<Pair> {
  if (Array.isArray(expected)) {
    const list = listOf(got);
    if (list?.length !== expected.length) {
      yield { field, place, expected: `a list of ${expected.length}`, got: list ? `one of ${list.length}` : shown(got), exact: true };
      return;
    }
    for (const [i, value] of expected.entries()) if (value !== null) yield* pairUp(value, list[i], `${place}[${i}]`, name, field);
  } else if (isRecord(expected)) {
    const record = isRecord(got) ? got : {};
    for (const [key, value] of Object.entries(expected)) yield* pairUp(value, record[key], `${place}.${key}`, key, `${field}.${key}`);
  } else {
    yield { field, place, expected: expected === null ? null : (numberOf(expected) ?? String(expected)), got, exact: EXACT.has(name) };
  }
}

function gapBetween(expected: number | string | null, got: unknown): number {
  if (expected === null) return (got ?? null) === null ? 0 : Number.POSITIVE_INFINITY;
  if (typeof expected === 'string') return got === expected ? 0 : Number.POSITIVE_INFINITY;
  const number = typeof got === 'boolean' ? Number(got) : got;
  if (typeof number !== 'number') return Number.POSITIVE_INFINITY;
  if (Number.isNaN(expected) || Number.isNaN(number)) return Number.isNaN(expected) && Number.isNaN(number) ? 0 : Number.POSITIVE_INFINITY;
  return number === expected ? 0 : Math.abs(number - expected);
}

function listOf(value: unknown): ArrayLike<unknown> | null {
  if (Array.isArray(value)) return value;
  return value instanceof Float64Array || value instanceof Float32Array || value instanceof Uint32Array || value instanceof Int32Array ? value : null;
}

function isRecord(value: unknown): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && listOf(value) === null;
}

function shown(value: unknown): string {
  return typeof value === 'number' || value === undefined ? String(value) : JSON.stringify(value);
}
