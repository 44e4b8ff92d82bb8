/** The text of a recipe's file, from disk. */

import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { RecipeError } from '../base/errors.ts';

/**
 * Reads a recipe's file; one that another names is looked for beside it.
 *
 * @param shown the path as people read it; the whole path where it is absent
 * @throws RecipeError if the file cannot be read, or is not text in UTF-8
 */
export async function readRecipeText(file: string, from: string | undefined, shown = (path: string) => path): Promise<{ path: string; text: string }> {
  const full = from === undefined ? resolve(file) : resolve(dirname(resolve(from)), file);
  const path = shown(full);
  const refused = (reason: string, cause: unknown) =>
    new RecipeError([{ path: '', message: `expected a recipe file, got ${path}, which ${reason}.`, ...(from !== undefined && { at: from }) }], { cause });
  const bytes = await readFile(full).catch((cause: unknown) => {
    throw refused('cannot be read', cause);
  });
  try {
    return { path, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch (cause) {
    throw refused('is not text in UTF-8', cause);
  }
}
