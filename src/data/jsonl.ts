/** JSON Lines as prompts: one object a line, with the columns of TRL's or verl's data sets. */

import { DataError } from '../base/errors.ts';
import { type ColumnNames, readAnswer, readPromptColumn, readSource } from './columns.ts';
import { type Prompt, type PromptSet, promptSet } from './prompt.ts';

export interface JsonlRow {
  /** From 1, empty lines counted. */
  readonly line: number;
  readonly columns: Readonly<Record<string, unknown>>;
}

/**
 * Parses a file of JSON objects, one a line. Empty lines are skipped.
 *
 * @throws DataError with file and line where a line is not a JSON object; a torn last line is one
 */
export function parseJsonl(text: string, file: string): readonly JsonlRow[] {
  const rows: JsonlRow[] = [];
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  for (const [index, raw] of lines.entries()) {
    const line = raw.trim();
    if (line === '') continue;
    const isLast = index === lines.length - 1;
    rows.push({ line: index + 1, columns: parseRow(line, `${file}:${index + 1}`, isLast) });
  }
  return rows;
}

/** @param isLast the line has no newline after it, so it may have been cut off */
function parseRow(line: string, at: string, isLast: boolean): Readonly<Record<string, unknown>> {
  let row: unknown;
  try {
    row = JSON.parse(line);
  } catch (cause) {
    const got = isLast ? `a last line cut off after ${line.length} characters` : excerpt(line);
    throw new DataError(`${at}: expected a JSON object, got ${got}. ${isLast ? 'Write the file again, or remove the line.' : 'Mend the line.'}`, { cause });
  }
  if (typeof row !== 'object' || row === null || Array.isArray(row)) {
    throw new DataError(`${at}: expected a JSON object, got ${excerpt(line)}. Write one object of columns per line.`);
  }
  return { ...row };
}

function excerpt(line: string): string {
  return line.length > 60 ? `${line.slice(0, 60)}…` : line;
}

/**
 * Reads prompts from JSON Lines.
 *
 * @param name  what the set is called where a row names no source
 * @throws DataError with file and line where a row has no prompt, or the file has no row
 */
export function parsePrompts(text: string, file: string, names: ColumnNames & { readonly name?: string } = {}): PromptSet {
  const name = names.name ?? file;
  const prompts = parseJsonl(text, file).map(({ line, columns }): Prompt => {
    const at = `${file}:${line}`;
    const answer = readAnswer(columns, at, names);
    return {
      id: at,
      source: readSource(columns, at, names) ?? name,
      ...readPromptColumn(columns, at, names),
      ...(answer === undefined ? {} : { answer }),
      columns,
    };
  });
  if (prompts.length === 0) throw new DataError(`${file}: expected at least one prompt, got a file without rows. Write one {"prompt": …} a line.`);
  return promptSet(name, prompts);
}
