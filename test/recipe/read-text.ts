/** Reads recipes from texts instead of files. */

import { RecipeError, type RecipeIssue } from '../../src/base/errors.ts';
import { type LoadedRecipe, readRecipe, type RecipeSource } from '../../src/recipe/read.ts';

/** A recipe that has what every GRPO recipe must have. */
export const complete = 'model: { path: m }\ndata: { train: p.jsonl }\nreward: [{ use: exact }]\n';

/** Reads `r.yaml` from a text; further files by name. */
export function readFrom(
  text: string,
  options: Omit<RecipeSource, 'file' | 'readText'> & { readonly files?: Readonly<Record<string, string>> } = {},
): Promise<LoadedRecipe> {
  const { files = {}, ...rest } = options;
  const texts: Readonly<Record<string, string>> = { 'r.yaml': text, ...files };
  const readText = (path: string) => Promise.resolve({ path, text: texts[path] ?? '' });
  return readRecipe({ file: 'r.yaml', readText, ...rest });
}

/** What is wrong with a recipe, by key. */
export async function issuesIn(text: string, options: Parameters<typeof readFrom>[1] = {}): Promise<ReadonlyMap<string, RecipeIssue>> {
  try {
    await readFrom(text, options);
  } catch (error) {
    if (error instanceof RecipeError) return new Map(error.issues.map((issue) => [issue.path, issue]));
    throw error;
  }
  return new Map();
}
