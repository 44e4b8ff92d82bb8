/**
 * Trains the built-in policy for a few steps and prints what moves.
 *
 * Expect the reward to rise from about 0.3 and the entropy to fall from about 1.0. Twenty steps take ten seconds on two CPU
 * cores with lavapipe, about forty with SwiftShader.
 *
 *     npx tsx examples/01-train-a-recipe.ts [key=value …]
 */

import { trainRecipe } from '../src/node.ts';

const recipe = new URL('recipes/make-the-number.yaml', import.meta.url).pathname;
const summary = await trainRecipe(recipe, {
  overrides: ['steps=20', 'eval.at_start=false', ...process.argv.slice(2)],
  observer: {
    note: (message) => console.log(message),
    step: ({ step, reward, entropy }) => console.log(`step ${step}  reward ${reward}  entropy ${entropy}`),
  },
});
console.log(summary.metrics);
