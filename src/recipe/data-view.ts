/** How a recipe's prompts meet its model: the first one rendered, as ids, and what of it is learned. */

import { promptEncoder, promptWarnings, renderPrompt } from './encode-prompts.ts';
import { exampleSource, openPrompts } from './build-data.ts';
import { openPolicy } from './build-policy.ts';
import type { Recipe } from './recipe.ts';
import type { BuildServices } from './services.ts';

export interface TokenView {
  readonly id: number;
  /** As the vocabulary spells it. */
  readonly token: string;
}

export interface DataView {
  readonly name: string;
  readonly prompts: number;
  /** Tokens of the shortest, the median and the longest prompt. */
  readonly lengths: readonly [number, number, number];
  readonly first: {
    readonly id: string;
    /** What the model reads, with the turns and marks of its chat template. */
    readonly text: string;
    readonly tokens: readonly TokenView[];
  };
  /** What supervised training learns to answer; null where the policy answers itself. */
  readonly completion: readonly TokenView[] | null;
  /** Longest completion, its end token included. */
  readonly maxTokens: number;
  readonly ends: readonly TokenView[];
  readonly warnings: readonly string[];
}

/** Opens model files and prompts of a recipe, without weights, and renders. */
export async function viewData(recipe: Recipe, services: BuildServices): Promise<DataView> {
  const { tokenizer, config, endOf } = await openPolicy(recipe, { ...services, skipWeights: true });
  const encode = promptEncoder(recipe, tokenizer);
  const { train } = await openPrompts(recipe, services, encode);
  const lengths = train.prompts.map((prompt) => encode(prompt).length).toSorted((a, b) => a - b);
  const viewed = (ids: ArrayLike<number>): TokenView[] => Array.from(ids, (id) => ({ id, token: tokenizer.tokenOf(id) ?? '' }));
  const first = train.prompts[0]!;
  const answered = recipe.method === 'sft' ? exampleSource(recipe, { ...train, prompts: [first] }, encode, tokenizer, endOf)(0, 1)[0] : undefined;
  return {
    name: train.name,
    prompts: train.prompts.length,
    lengths: [lengths[0]!, lengths[lengths.length >> 1]!, lengths.at(-1)!],
    first: { id: first.id, text: renderPrompt(first, recipe, tokenizer).text, tokens: viewed(encode(first)) },
    completion: answered ? viewed(answered.completion) : null,
    maxTokens: recipe.rollout.maxTokens,
    ends: viewed(config.eosIds),
    warnings: promptWarnings(train, tokenizer),
  };
}
