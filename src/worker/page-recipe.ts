/** A recipe in a page: read from text, without making its reader part of the page's first load. */

import type { LoadedRecipe } from '../recipe/read.ts';
import type { RunRequest } from './protocol.ts';

/** What a page lays over a recipe. */
export interface PageRecipeOptions {
  /** `key=value`, as on the command line. */
  readonly overrides?: readonly string[];
  /** What the run is called after when the recipe has no run.name, and what errors call the text. */
  readonly file?: string;
}

/**
 * Reads, checks and completes a recipe.
 *
 * @throws RecipeError with every problem found, each with its line and column
 */
export async function readPageRecipe(text: string, { overrides = [], file = 'recipe.yaml' }: PageRecipeOptions = {}): Promise<LoadedRecipe> {
  const { readRecipe } = await import('../recipe/read.ts');
  return readRecipe({ file, overrides, readText: () => Promise.resolve({ path: file, text }) });
}

/** The request that runs a recipe which was read: kept in the browser's storage, with files from the page's own URL, unless said otherwise. */
export async function runRequest({ recipe, text, located }: LoadedRecipe, options: Partial<RunRequest> = {}): Promise<RunRequest> {
  const { printedRecipe } = await import('../recipe/print.ts');
  return {
    recipe,
    recipeText: text,
    resolvedText: printedRecipe(located, { origins: 'written' }),
    keep: 'stored',
    fresh: recipe.resume === 'never',
    files: { baseUrl: document.baseURI },
    ...options,
  };
}
