/** Reads prompts from a JSON Lines file on disk. */

import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { DataError } from '../base/errors.ts';
import type { ColumnNames } from './columns.ts';
import { parsePrompts } from './jsonl.ts';
import type { PromptSet } from './prompt.ts';

/**
 * Reads a file of prompts; the set is called after it, without its extension.
 *
 * @throws DataError if the file cannot be read, is not UTF-8, or holds no prompt
 */
export async function readPrompts(path: string, names: ColumnNames = {}): Promise<PromptSet> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw new DataError(`${path}: expected a file that can be read, got ${String(cause)}. Check the path.`, { cause });
  });
  return parsePrompts(decodeUtf8(bytes, path), path, { ...names, name: basename(path, extname(path)) });
}

function decodeUtf8(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new DataError(`${path}: expected UTF-8 text of at most 512 MiB, got ${bytes.length} bytes that are not. Convert or split the file.`, { cause });
  }
}
