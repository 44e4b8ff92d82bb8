/** Checks a recipe as it is typed, with the code the command line uses. */

import { z } from 'zod';
import { type Field, fieldsOf, readPageRecipe, RecipeError, type RecipeIssue } from '../../../src/browser.ts';

/** The page's rules forbid making code from text, which zod would try first and be told off for. */
export function prepareSchema(): readonly Field[] {
  z.config({ jitless: true });
  return fieldsOf();
}

export interface RecipeCheck {
  readonly issues: readonly RecipeIssue[];
  /** Keys without effect, aliases that were read. */
  readonly notes: readonly string[];
}

export async function checkRecipe(text: string): Promise<RecipeCheck> {
  try {
    const { notes } = await readPageRecipe(text);
    return { issues: [], notes };
  } catch (error) {
    if (error instanceof RecipeError) return { issues: error.issues, notes: [] };
    return { issues: [{ path: '', message: error instanceof Error ? error.message : String(error) }], notes: [] };
  }
}
