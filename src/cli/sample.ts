/** `entrain sample`: completions of one prompt, or of a few held-out ones, side by side with what they earn. */

import type { LoadedRecipe } from '../recipe/read.ts';
import { lineOf } from '../trainer/metrics-file.ts';
import type { CompletionSample } from '../trainer/observer.ts';
import { number } from './format.ts';
import type { TrainContext } from './train.ts';

export interface SampleOptions {
  readonly json: boolean;
  readonly prompt: string | null;
  /** How many prompts, where none is given. */
  readonly prompts: number;
  readonly temperature: number | undefined;
}

export async function sample(
  loaded: LoadedRecipe,
  { json, prompt, prompts, temperature }: SampleOptions,
  { terminal, engine }: Pick<TrainContext, 'terminal' | 'engine'>,
): Promise<number> {
  const { recipe } = loaded;
  const asked = { adapter: recipe.adapter, prompt, prompts, ...(temperature !== undefined && { temperature }) };
  const samples = await engine.sample(recipe, asked);
  terminal.out(json ? samples.map((one) => lineOf({ event: 'completion', ...one })).join('') : `${sampleLines(samples).join('\n')}\n`);
  return 0;
}

/** Each prompt once, its completions below it with their rewards; a dash where there is none. */
export function sampleLines(samples: readonly CompletionSample[]): string[] {
  const prompts = [...new Set(samples.map(({ prompt }) => prompt))];
  return prompts.flatMap((prompt) => {
    const own = samples.filter((one) => one.prompt === prompt);
    const lines = own.map(
      ({ reward, completion, finishReason }) =>
        `  ${(Number.isNaN(reward) ? '–' : number(reward)).padStart(5)}  ${completion.replaceAll('\n', '\n         ')}${finishReason === 'length' ? ' …(cut)' : ''}`,
    );
    return [prompt, ...lines];
  });
}
