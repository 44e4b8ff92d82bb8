/**
 * A comparison as a link: `#run=…` names a built-in task, two variants and a few numbers. No code, no file, no host; what it says is checked against
 * what the page offers, and its text is only ever shown as text.
 */

import { BUILT_IN_REWARDS, readPageRecipe, RecipeError } from '../../../src/browser.ts';
import { parseExpression } from '../../lens/expression.ts';
import { VARIANTS } from '../../lens/variants.ts';
import { createChoices } from '../live/choices.ts';
import { OWN_WEIGHT } from '../live/menu.ts';
import { BUILT_IN_POLICY, TASKS } from '../live/recipes.ts';
import { RUN_PREFIX } from './fragment.ts';

/** What a link holds. */
export interface LinkedRun {
  readonly task: string;
  readonly a: string;
  readonly b: string;
  readonly target: number;
  readonly learningRate: number;
  readonly seeds: 1 | 3;
  readonly seed: number;
  readonly ownWeight: string | null;
  readonly recipeText: string | null;
}

const PARTS = ['task', 'a', 'b', 'lr', 'seeds', 'seed', 'target', 'weight', 'recipe'] as const;

/** Longest fragment that is read: a recipe is a page of text, not a file. */
const LONGEST = 8000;

/** The fragment without `#`. */
export function fragmentOf(run: LinkedRun): string {
  const { task, a, b, target, learningRate, seeds, seed, ownWeight, recipeText } = run;
  const parts = new URLSearchParams({ task, a, b, lr: String(learningRate), seeds: String(seeds), seed: String(seed) });
  if (target > 0) parts.set('target', String(target));
  if (ownWeight !== null) parts.set('weight', ownWeight);
  if (recipeText !== null) parts.set('recipe', recipeText);
  return `${RUN_PREFIX}${encodeURIComponent(parts.toString())}`;
}

/** @throws RecipeError that says, as text, what in the link this page does not know */
export async function runOfFragment(fragment: string): Promise<LinkedRun> {
  if (fragment.length > LONGEST) wrong(`expected at most ${LONGEST} characters, got ${fragment.length}`);
  const parts = new URLSearchParams(decoded(fragment.slice(RUN_PREFIX.length)));
  const unknown = [...parts.keys()].find((name) => !PARTS.some((part) => part === name));
  if (unknown !== undefined) wrong(`expected parts of ${PARTS.join(', ')}, got ${JSON.stringify(unknown.slice(0, 60))}`);
  const absent = createChoices();
  const variants = [...VARIANTS.map(({ key }) => key), OWN_WEIGHT];
  const own = parts.get('weight');
  if (own !== null) {
    const parsed = parseExpression(own);
    if (!parsed.ok) wrong(`weight: ${parsed.message}`);
  }
  const recipeText = parts.get('recipe');
  if (recipeText !== null) await checkLinkedRecipe(recipeText);
  return {
    task: oneOf(
      parts,
      'task',
      TASKS.map(({ key }) => key),
    ),
    a: oneOf(parts, 'a', variants),
    b: oneOf(parts, 'b', variants, absent.b.peek()),
    target: numberOf(parts, 'target', 0, 10, 0),
    learningRate: numberOf(parts, 'lr', 0, 1, absent.learningRate.peek()),
    seeds: oneOf(parts, 'seeds', ['1', '3']) === '3' ? 3 : 1,
    seed: Math.floor(numberOf(parts, 'seed', 0, Number.MAX_SAFE_INTEGER, 1)),
    ownWeight: own,
    recipeText,
  };
}

/** A recipe from elsewhere may use what is built in, and nothing that is fetched or run. */
async function checkLinkedRecipe(text: string): Promise<void> {
  const { recipe } = await readPageRecipe(text);
  if (recipe.model.path !== BUILT_IN_POLICY) wrong(`recipe: expected model.path ${BUILT_IN_POLICY}, got ${String(recipe.model.path)}`);
  if (recipe.model.tokenizer !== null) wrong(`recipe: expected no model.tokenizer, got ${recipe.model.tokenizer}`);
  if (recipe.data.train !== null || recipe.data.task === null) wrong('recipe: expected a built-in data.task, got a file of prompts');
  const foreign = recipe.reward.find(({ use }) => !BUILT_IN_REWARDS.has(use));
  if (foreign) wrong(`recipe: expected a built-in reward, got ${foreign.use}`);
  if (!['auto', 'never'].includes(recipe.resume)) wrong(`recipe: expected resume auto or never, got ${recipe.resume}`);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return wrong('expected percent-encoded text, got a broken one');
  }
}

function oneOf(parts: URLSearchParams, name: string, allowed: readonly string[], absent = allowed[0]!): string {
  const value = parts.get(name) ?? absent;
  return allowed.includes(value)
    ? value
    : wrong(`${name}: expected one of ${allowed.slice(0, 8).join(', ')}${allowed.length > 8 ? ', …' : ''}, got ${JSON.stringify(value.slice(0, 60))}`);
}

function numberOf(parts: URLSearchParams, name: string, low: number, high: number, absent: number): number {
  const text = parts.get(name);
  if (text === null) return absent;
  const value = Number(text);
  return text.trim() !== '' && value >= low && value <= high
    ? value
    : wrong(`${name}: expected a number from ${low} to ${high}, got ${JSON.stringify(text.slice(0, 60))}`);
}

function wrong(message: string): never {
  throw new RecipeError([{ path: 'link', message: `${message.replace(/\.$/, '')}. Nothing of the link was used; ask for it again, or choose above.` }]);
}
