/** `entrain eval`: measures the weights of a recipe, or of the newest checkpoint of a run, on held-out prompts. */

import { RecipeError } from '../base/errors.ts';
import type { LoadedRecipe } from '../recipe/read.ts';
import { lineOf } from '../trainer/metrics-file.ts';
import { type Metrics, silent } from '../trainer/observer.ts';
import { columns, number } from './format.ts';
import type { TrainContext } from './train.ts';
import { terminalWatcher } from './watchers.ts';

export async function evaluate(
  loaded: LoadedRecipe,
  options: { readonly json: boolean; readonly quiet: boolean },
  { terminal, engine }: Pick<TrainContext, 'terminal' | 'engine'>,
): Promise<number> {
  if (loaded.recipe.eval.data === null)
    throw new RecipeError([
      { path: 'eval.data', message: 'expected prompts to measure on, got nothing. Set eval.data to a .jsonl file, or to heldout for a task.' },
    ]);
  const watcher = terminalWatcher({ ...terminal, isInteractive: false }, { ...options, every: 1, printCompletions: null, hasConsole: true });
  // The numbers are told once, when all are known.
  const metrics = await engine.evaluate(loaded.recipe, { adapter: loaded.recipe.adapter, observer: { ...watcher, evaluated: silent.evaluated } });
  terminal.out(options.json ? lineOf({ event: 'evaluated', ...metrics }) : `${metricsTable(metrics).join('\n')}\n`);
  return 0;
}

/** One metric a line. */
export function metricsTable(metrics: Metrics): string[] {
  return columns(
    Object.entries(metrics).map(([key, value]) => [key, number(value)]),
    { right: [1] },
  );
}
