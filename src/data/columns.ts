/** Which column of a data set is the prompt, the reference answer and the source, in TRL's and in verl's shape. */

import { DataError } from '../base/errors.ts';
import type { Message, Prompt } from './prompt.ts';

/** Names that replace the automatic ones (recipe keys `data.prompt_key`, `data.answer_key`, `data.source_key`). */
export interface ColumnNames {
  readonly promptKey?: string;
  readonly answerKey?: string;
  readonly sourceKey?: string;
}

type Columns = Readonly<Record<string, unknown>>;

/** Columns that hold the answer in published data sets, the most telling first. */
const ANSWER_COLUMNS = ['ground_truth', 'answer', 'solution', 'target', 'label'] as const;

/**
 * The prompt of a row: a string, or messages.
 *
 * @throws DataError if the column is missing or holds neither
 */
export function readPromptColumn(columns: Columns, at: string, { promptKey }: ColumnNames = {}): Pick<Prompt, 'text'> | Pick<Prompt, 'messages'> {
  const name = promptKey ?? 'prompt';
  const value = columnOf(columns, name);
  if (value === undefined) {
    throw new DataError(`${at}: expected a column ${name}, got ${Object.keys(columns).join(', ') || 'none'}. Name the prompt's column in data.prompt_key.`);
  }
  if (typeof value === 'string') return { text: value };
  if (Array.isArray(value) && value.length > 0) return { messages: value.map((message) => readMessage(message, `${at}: ${name}`)) };
  throw new DataError(
    `${at}: expected ${name} to be a string or a list of messages, got ${excerpt(value)}. Mend the line, or choose another column in data.prompt_key.`,
  );
}

function readMessage(value: unknown, at: string): Message {
  const { role, content } = isRecord(value) ? value : {};
  if (typeof role !== 'string' || typeof content !== 'string') {
    throw new DataError(`${at}: expected messages of role and content as text, got ${excerpt(value)}. Mend the line.`);
  }
  return { role, content };
}

/**
 * The reference answer of a row as it stands, or undefined where the row has none.
 *
 * @throws DataError if a column was named and the row lacks it
 */
export function readAnswer(columns: Columns, at: string, { answerKey }: ColumnNames = {}): unknown {
  if (answerKey !== undefined) {
    const answer = columnOf(columns, answerKey);
    if (answer === undefined) {
      throw new DataError(`${at}: expected a column ${answerKey}, got ${Object.keys(columns).join(', ')}. Correct data.answer_key.`);
    }
    return answer;
  }
  const found = ANSWER_COLUMNS.find((name) => columnOf(columns, name) !== undefined);
  return found === undefined ? columnOf(columns, 'reward_model.ground_truth') : columns[found];
}

/**
 * The source a row names (`data_source`, as verl's data does), or undefined.
 *
 * @throws DataError if a column was named and the row lacks it
 */
export function readSource(columns: Columns, at: string, { sourceKey }: ColumnNames = {}): string | undefined {
  const source = columnOf(columns, sourceKey ?? 'data_source');
  if (typeof source === 'string') return source;
  if (sourceKey === undefined) return undefined;
  throw new DataError(`${at}: expected ${sourceKey} to be a string, got ${excerpt(source)}. Correct data.source_key.`);
}

/** A column by name, or by a dotted path into nested ones. null counts as absent, as in an empty parquet cell. */
export function columnOf(columns: Columns, path: string): unknown {
  if (Object.hasOwn(columns, path)) return columns[path] ?? undefined;
  let value: unknown = columns;
  for (const name of path.split('.')) {
    if (!isRecord(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value ?? undefined;
}

function isRecord(value: unknown): value is Columns {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function excerpt(value: unknown): string {
  const json = JSON.stringify(value) ?? 'nothing';
  return json.length > 60 ? `${json.slice(0, 60)}…` : json;
}
