/** The recipe's schema as JSON schema (draft 7), for editors; and as a flat list of fields, for documentation, forms and messages. */

import { z } from 'zod';
import { recipeSchema } from './recipe.ts';

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** One key of the recipe. */
export interface Field {
  /** Dotted path; `*` stands for the number of a list entry. */
  readonly path: string;
  readonly description: string;
  readonly unit?: string;
  /** What the key takes, in words: `number > 0 or null`. */
  readonly type: string;
  /** Absent when the key must be written. */
  readonly default?: unknown;
}

/** JSON schema of the recipe a person writes. Editors read it through `# yaml-language-server: $schema=…`. */
export function recipeJsonSchema(): JsonSchema {
  return z.toJSONSchema(recipeSchema, {
    io: 'input',
    target: 'draft-7',
    override({ jsonSchema }) {
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
}

/** Every key that holds a value, in the order of the schema. */
export function fieldsOf(schema: JsonSchema = recipeJsonSchema(), path: readonly string[] = []): Field[] {
  const { properties, items } = objectOf(schema);
  if (properties) return Object.entries(properties).flatMap(([key, node]) => (isSchema(node) ? fieldsOf(node, [...path, key]) : []));
  if (isSchema(items) && objectOf(items).properties) return fieldsOf(items, [...path, '*']);
  const { description = '', unit } = schema;
  return [
    {
      path: path.join('.'),
      description,
      type: typeInWords(schema),
      ...(typeof unit === 'string' && { unit }),
      ...('default' in schema && { default: schema.default }),
    },
  ];
}

/** The part of the schema that a path leads to, or undefined where the schema knows no such key. Free-form records accept any. */
export function schemaAt(path: readonly PropertyKey[], schema: JsonSchema = recipeJsonSchema()): JsonSchema | undefined {
  const [key, ...rest] = path;
  if (key === undefined) return schema;
  const { properties, items, additionalProperties } = objectOf(schema);
  const next = typeof key === 'number' || /^\d+$/.test(String(key)) ? (Array.isArray(items) ? items[Number(key)] : items) : properties?.[String(key)];
  if (isSchema(next)) return schemaAt(rest, next);
  return isSchema(additionalProperties) ? schemaAt(rest, additionalProperties) : undefined;
}

/** What a value must be, in words. */
export function typeInWords(schema: JsonSchema): string {
  if (schema.const !== undefined) return String(schema.const);
  if (schema.enum) return `${schema.enum.length > 1 ? 'one of ' : ''}${schema.enum.map(String).join(', ')}`;
  if (schema.anyOf) return schema.anyOf.map((part) => (isSchema(part) ? typeInWords(part) : 'anything')).join(' or ');
  if (Array.isArray(schema.type)) return schema.type.map((type) => typeInWords({ ...schema, type })).join(' or ');
  if (schema.type === 'array') return listInWords(schema);
  if (schema.type === 'object') return schema.properties ? 'a block of keys' : 'a map';
  if (schema.type === 'integer') return `a whole number${boundsInWords(schema)}`;
  if (schema.type === 'number') return `a number${boundsInWords(schema)}`;
  if (schema.type === 'boolean') return 'true or false';
  if (schema.type === 'string') return 'text';
  return schema.type ?? 'anything';
}

function listInWords({ items }: JsonSchema): string {
  if (Array.isArray(items)) return `a list of ${items.length}: ${items.map((item) => (isSchema(item) ? typeInWords(item) : 'anything')).join('; ')}`;
  return isSchema(items) ? `a list, each ${typeInWords(items)}` : 'a list';
}

function boundsInWords(schema: JsonSchema): string {
  const bounds = [
    ['≥', schema.minimum],
    ['>', schema.exclusiveMinimum],
    ['≤', schema.maximum],
    ['<', schema.exclusiveMaximum],
  ].filter(([, bound]) => bound !== undefined && bound !== Number.MAX_SAFE_INTEGER);
  return bounds.length === 0 ? '' : ` ${bounds.map(([sign, bound]) => `${sign} ${bound}`).join(' and ')}`;
}

/** The object or list among the alternatives of a schema: what a block that may also be null is. */
function objectOf(schema: JsonSchema): JsonSchema {
  const choice = schema.anyOf?.find((part) => isSchema(part) && (part.properties !== undefined || part.items !== undefined || part.additionalProperties));
  return isSchema(choice) ? choice : schema;
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
