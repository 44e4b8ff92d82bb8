/** `entrain eval`: measures the weights of a recipe, or of the newest checkpoint of a run, on held-out prompts. */

import { RecipeError } from '../base/errors.ts';
import type { LoadedRecipe } from '../recipe/read.ts';
import { lineOf } from '../trainer/metrics-file.ts';
import type { Metrics } from '../trainer/observer.ts';
import { columns, number } from './format.ts';
import { watchInterrupts } from './interrupts.ts';
import type { TrainContext } from './train.ts';
import { terminalWatcher } from './watchers.ts';

export async function evaluate(
  loaded: LoadedRecipe,
  options: { readonly json: boolean; readonly quiet: boolean },
  { terminal, engine, signals, quit }: TrainContext,
): Promise<number> {
  if (loaded.recipe.eval.data === null)
    throw new RecipeError([
      { path: 'eval.data', message: 'expected prompts to measure on, got nothing. Set eval.data to a .jsonl file, or to heldout for a task.' },
    ]);
  const observer = terminalWatcher({ ...terminal, isInteractive: false }, { ...options, every: 1, printCompletions: null, hasConsole: true });
  const interrupts = watchInterrupts(signals, (message) => void observer.note(message), quit);
  try {
    const metrics = await engine.evaluate(loaded.recipe, { adapter: loaded.recipe.adapter, observer, signal: interrupts.signal });
    terminal.out(options.json ? lineOf({ event: 'evaluated', ...metrics }) : `${metricsTable(metrics).join('\n')}\n`);
    return 0;
  } finally {
    interrupts.release();
  }
}

/** One metric a line. */
export function metricsTable(metrics: Metrics): string[] {
  return columns(
    Object.entries(metrics).map(([key, value]) => [key, number(value)]),
    { right: [1] },
  );
}
