/** A name for what a recipe teaches, whatever device or folder it is taught on. */

import type { Recipe } from './recipe.ts';

/** SHA-256 of the recipe without the keys that say where and how it is run. */
export async function recipeHash({ resume: _resume, run: _run, log: _log, adapter: _adapter, ...learned }: Recipe): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify(learned)));
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
