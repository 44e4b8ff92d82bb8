/** The one mapping from recipe keys (snake_case) to TypeScript names (camelCase). */

import { z } from 'zod';

/** `max_grad_norm` → `maxGradNorm`, as a type. */
export type CamelCase<Key extends string> = Key extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<CamelCase<Tail>>}` : Key;

/** The same value with its keys in camelCase at every depth; keys of free-form records are a person's own and stay. */
export type CamelCased<Value> = Value extends readonly unknown[]
  ? { [Index in keyof Value]: CamelCased<Value[Index]> }
  : Value extends object
    ? { [Key in keyof Value as Key extends string ? CamelCase<Key> : Key]: CamelCased<Value[Key]> }
    : Value;

export function camelCase(key: string): string {
  return key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** Renames the keys of a value that the schema has accepted. */
export function camelCased<Schema extends z.ZodType>(schema: Schema, value: z.output<Schema>): CamelCased<z.output<Schema>>;
export function camelCased(schema: z.ZodType, value: unknown): unknown {
  return renamed(schema, value);
}

function renamed(schema: unknown, value: unknown): unknown {
  const inner = unwrapped(schema);
  if (Array.isArray(value)) return inner instanceof z.ZodArray ? value.map((item) => renamed(inner.element, item)) : value;
  if (value === null || typeof value !== 'object' || !(inner instanceof z.ZodObject)) return value;
  const shape: Readonly<Record<string, unknown>> = inner.shape;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [camelCase(key), renamed(shape[key], item)]));
}

/** The schema inside its default, null and optional wrappers. */
function unwrapped(schema: unknown): unknown {
  const isWrapper = schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodNullable || schema instanceof z.ZodOptional;
  return isWrapper ? unwrapped(schema.unwrap()) : schema;
}
