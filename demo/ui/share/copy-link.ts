/** The link to what the controls say, into the clipboard and the address. */

import { batch } from '@preact/signals';
import type { Live } from '../live/live-context.ts';
import { fragmentOf, runOfFragment } from './link.ts';

/** Returns what was done, in words. */
export async function copyLink({ choices }: Live): Promise<string> {
  const fragment = fragmentOf({
    task: choices.task.value,
    a: choices.a.value,
    b: choices.b.value,
    target: choices.target.value,
    learningRate: choices.learningRate.value,
    seeds: choices.seeds.value,
    seed: choices.seed.value,
    ownWeight: choices.ownWeight.value,
    recipeText: choices.recipeText.value,
  });
  history.replaceState(null, '', `#${fragment}`);
  try {
    await navigator.clipboard.writeText(location.href);
    return 'The link is in the clipboard: it holds the recipe and the seed, and no data.';
  } catch {
    return 'The link stands in the address line: it holds the recipe and the seed, and no data.';
  }
}

/** Sets the controls as a link says. @throws RecipeError where the link says what the page does not know */
export async function openLink({ choices }: Live, fragment: string): Promise<string> {
  const { task, a, b, target, learningRate, seeds, seed, ownWeight, recipeText } = await runOfFragment(fragment);
  batch(() => {
    choices.task.value = task;
    choices.a.value = a;
    choices.b.value = b;
    choices.target.value = target;
    choices.learningRate.value = learningRate;
    choices.seeds.value = seeds;
    choices.seed.value = seed;
    choices.ownWeight.value = ownWeight;
    choices.recipeText.value = recipeText;
  });
  return 'The controls are set as the link says. Train it here repeats that run, from the same seed.';
}
