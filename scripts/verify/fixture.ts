/** Reads a file of algorithm fixtures and the shared inputs beside it (`fixtures.json`). */

import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { DataError } from '../../src/base/errors.ts';
import { Fields, type Json } from './fields.ts';

export interface Limits {
  readonly abs: number;
  readonly rel: number;
}

/** One computation: what goes in, how, and what must come out. */
export interface FixtureCase {
  readonly id: string;
  readonly algorithm: string;
  /** The fixture's fields, the case of `logitsOf`, then the case's own inputs; later ones replace earlier ones. */
  readonly inputs: Fields;
  readonly options: Fields;
  readonly expected: Readonly<Record<string, Json>>;
  /** How far a float32 run of the source came from its float64 value. */
  readonly float32Deviation: number;
  /** Replaces the file's limits. */
  readonly tolerance?: Limits | undefined;
}

export interface FixtureFile {
  readonly name: string;
  readonly family: string;
  readonly tolerance: { readonly float64: Limits; readonly float32: Limits };
  readonly required: readonly string[];
  readonly informative: readonly string[];
  /** Algorithms over rows or scalars, which only the reference device must run. */
  readonly hostOnly: readonly string[];
  readonly cases: readonly FixtureCase[];
}

const json: z.ZodType<Json> = z.json();
const fields = z.record(z.string(), json);
const limits = z.object({ abs: z.number(), rel: z.number() });
const caseSchema = z.object({
  id: z.string(),
  algorithm: z.string(),
  fixture: z.string().optional(),
  inputs: fields.default({}),
  options: fields.default({}),
  expected: fields,
  float32Deviation: z.number().default(0),
  tolerance: limits.optional(),
});
const fileSchema = z.object({
  header: z.object({ family: z.string(), tolerance: z.object({ float64: limits, float32: limits }) }),
  required: z.array(z.string()),
  informative: z.array(z.string()).default([]),
  hostOnly: z.array(z.string()).default([]),
  cases: z.array(caseSchema),
});
const sharedSchema = z.object({ fixtures: z.record(z.string(), fields) });

/** @throws DataError if the file is missing, is not such a fixture, or names inputs that are nowhere */
export async function readFixtureFile(path: string): Promise<FixtureFile> {
  const { header, cases, ...rest } = await readJson(path, fileSchema);
  const isShared = cases.some(({ fixture }) => fixture !== undefined);
  const shared = isShared ? (await readJson(join(dirname(path), 'fixtures.json'), sharedSchema)).fixtures : {};
  const byId = new Map(cases.map((one) => [one.id, one]));
  const inputsOf = ({ id, fixture, inputs }: z.infer<typeof caseSchema>): Record<string, Json> => {
    const base = fixture === undefined ? {} : shared[fixture];
    if (!base) throw new DataError(`${path}: case ${id}: expected ${fixture} in fixtures.json, got ${Object.keys(shared).join(', ')}.`);
    const { logitsOf } = inputs;
    const other = typeof logitsOf === 'string' ? byId.get(logitsOf) : undefined;
    if (logitsOf !== undefined && !other) throw new DataError(`${path}: case ${id}: expected a case ${String(logitsOf)} to take logits from, got none.`);
    // Cases of one batch share the inputs of its case `<batch>.inputs`.
    const batch = byId.get(`${id.split('.')[0]}.inputs`);
    return { ...base, ...batch?.inputs, ...other?.inputs, ...inputs };
  };
  return {
    name: basename(path),
    family: header.family,
    tolerance: header.tolerance,
    ...rest,
    cases: cases.map((one) => ({
      ...one,
      inputs: new Fields(`${one.id} inputs`, inputsOf(one)),
      options: new Fields(`${one.id} options`, one.options),
    })),
  };
}

async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new DataError(`${path}: expected a fixture in JSON, got ${String(cause)}. See test/golden/algorithms for the form.`, { cause });
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new DataError(`${path}: expected the form of an algorithm fixture, got:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
