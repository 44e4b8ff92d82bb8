/**
 * Append-only files of one JSON object a line, keyed by step: metrics.jsonl and eval/summary.jsonl. A line with an `event` is no row of
 * numbers: it says what was done to the run, before the row of the step it was done at.
 *
 * A row is one write, so a killed process leaves at most one torn line at the end. A checkpoint stores how long the file was;
 * a resumed run cuts it there, which drops a torn tail and the rows that are about to be computed again.
 */

import { DataError } from '../base/errors.ts';
import type { MetricsRow } from './observer.ts';
import type { RunStore } from './run-store.ts';

/** The row as one line. JSON has no NaN or infinity; they are written as texts. */
export function lineOf(row: Readonly<Record<string, unknown>>): string {
  const spelled = (_: string, value: unknown) => (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value);
  return `${JSON.stringify(row, spelled)}\n`;
}

/**
 * Reads rows back, without events. A torn last line is left out.
 *
 * @throws DataError where another line is not a JSON object
 */
export function rowsOf(text: string, file: string): MetricsRow[] {
  const lines = text.split('\n');
  const torn = lines.pop();
  const rows = lines.map((line, i) => parsedRow(line, `${file}:${i + 1}`));
  const last = torn ? rowOrUndefined(torn) : undefined;
  return (last ? [...rows, last] : rows).filter((row) => !('event' in row));
}

/** Cuts a file back to a step, at the stored length where that fits, else after the last row of at most that step. Returns the bytes dropped. */
export async function cutBack(store: RunStore, path: string, step: number, storedBytes: number | undefined): Promise<number> {
  const size = await store.size(path);
  if (size === undefined) return 0;
  const content = await store.read(path);
  const isLineEnd = (bytes: number) => bytes === 0 || content[bytes - 1] === newline;
  const keep = storedBytes !== undefined && storedBytes <= size && isLineEnd(storedBytes) ? storedBytes : bytesUpTo(content, step);
  if (keep < size) await store.truncate(path, keep);
  return size - keep;
}

const newline = 10;

/** Bytes of the leading whole lines whose step is at most the given one. */
function bytesUpTo(content: Uint8Array, step: number): number {
  let start = 0;
  for (let end = content.indexOf(newline); end >= 0; end = content.indexOf(newline, start)) {
    const row = rowOrUndefined(new TextDecoder().decode(content.subarray(start, end)));
    if (!row || row.step > step) break;
    start = end + 1;
  }
  return start;
}

function parsedRow(line: string, at: string): MetricsRow {
  const row = rowOrUndefined(line);
  if (!row) throw new DataError(`${at}: expected a JSON object with a step, got ${line.slice(0, 60)}. Restore the file or remove the line.`);
  return row;
}

function rowOrUndefined(line: string): MetricsRow | undefined {
  try {
    const value: unknown = JSON.parse(line, (_, item: unknown) => (typeof item === 'string' && notFinite.has(item) ? Number(item) : item));
    return isRow(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const notFinite: ReadonlySet<string> = new Set(['NaN', 'Infinity', '-Infinity']);

function isRow(value: unknown): value is MetricsRow {
  return typeof value === 'object' && value !== null && 'step' in value && typeof value.step === 'number';
}
