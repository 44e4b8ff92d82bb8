/** From a recipe to prompts, examples, rewards and evaluation sets. */

import { DataError, RecipeError } from '../base/errors.ts';
import { type NumberTask, makeTheNumber } from '../data/make-the-number.ts';
import { warmUpExample } from '../data/make-the-number-warm-up.ts';
import { type Prompt, promptOrder, promptSet, type PromptSet } from '../data/prompt.ts';
import type { WeightedReward } from '../rewards/combine.ts';
import { BUILT_IN_REWARDS, builtInReward } from '../rewards/index.ts';
import { moduleNamed } from '../rewards/module-reward.ts';
import type { SamplingOptions } from '../rollout/rollout.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import type { EvaluationSet } from '../trainer/evaluate.ts';
import type { Example } from '../trainer/sft-step.ts';
import type { Recipe } from './recipe.ts';
import type { BuildServices } from './services.ts';

export interface Prompts {
  readonly train: PromptSet;
  readonly evaluation: PromptSet | null;
  /** Tokens of the longest prompt in both. */
  readonly longest: number;
}

/** Reads, tokenises once and, where asked to, filters the prompts. */
export async function openPrompts(recipe: Recipe, services: BuildServices, encode: (prompt: Prompt) => Uint32Array): Promise<Prompts> {
  const { data, eval: evaluation } = recipe;
  const task = data.task === null ? null : makeTheNumber(taskOf(recipe));
  const names = {
    promptKey: data.promptKey,
    ...(data.answerKey !== null && { answerKey: data.answerKey }),
    ...(data.sourceKey !== null && { sourceKey: data.sourceKey }),
  };
  const train = fitting(task?.train ?? (await services.readPrompts(data.train!, names)), recipe, encode);
  const heldOut = evaluation.data === null ? null : evaluation.data === 'heldout' ? task!.heldOut : await services.readPrompts(evaluation.data, names);
  const limited = heldOut && evaluation.limit !== null ? { ...heldOut, prompts: heldOut.prompts.slice(0, evaluation.limit) } : heldOut;
  const fittingHeldOut = limited && fitting(limited, recipe, encode);
  const all = [...train.prompts, ...(fittingHeldOut?.prompts ?? [])];
  return { train, evaluation: fittingHeldOut, longest: all.reduce((most, prompt) => Math.max(most, encode(prompt).length), 1) };
}

/** The set without prompts that are too long, or an error that counts them. */
function fitting(set: PromptSet, { data: { maxPromptLength, overlong } }: Recipe, encode: (prompt: Prompt) => Uint32Array): PromptSet {
  const tooLong = set.prompts.filter((prompt) => encode(prompt).length > maxPromptLength);
  if (tooLong.length === 0) return set;
  if (overlong === 'error') {
    throw new DataError(
      `${set.name}: expected prompts of at most ${maxPromptLength} tokens, got ${tooLong.length} longer of ${set.prompts.length}, first ${tooLong[0]!.id}. Raise data.max_prompt_length, or set data.overlong to filter, left or middle.`,
    );
  }
  return promptSet(
    set.name,
    set.prompts.filter((prompt) => !tooLong.includes(prompt)),
  );
}

export function taskOf({ data, rollout }: Recipe): NumberTask {
  const { targets, requiredDigits, eachDigitOnce, multiplication } = data.makeTheNumber;
  return { targets, requiredDigits, eachDigitOnce, multiplication, maxTokens: rollout.maxTokens };
}

/** The examples of a supervised run, as a function of the cursor. */
export function exampleSource(
  recipe: Recipe,
  train: PromptSet,
  encode: (prompt: Prompt) => Uint32Array,
  tokenizer: Tokenizer,
  endOf: (prompt: Prompt) => number,
): (cursor: number, count: number) => readonly Example[] {
  const completionOf = (prompt: Prompt, text: string): Uint32Array =>
    Uint32Array.from([...tokenizer.encode(text), endOf(prompt)]).slice(0, recipe.rollout.maxTokens);
  if (recipe.data.task !== null) {
    const task = taskOf(recipe);
    return (cursor, count) =>
      Array.from({ length: count }, (_, i) => {
        const { prompt, completion } = warmUpExample(recipe.seed, cursor + i, task);
        return { prompt: encode(prompt), completion: completionOf(prompt, completion) };
      });
  }
  const answers = new Map(train.prompts.map((prompt) => [prompt, answerOf(prompt)]));
  const order = promptOrder(train, { seed: recipe.seed, shuffle: recipe.data.shuffle });
  return (cursor, count) => order.take(cursor, count).map((prompt) => ({ prompt: encode(prompt), completion: completionOf(prompt, answers.get(prompt)!) }));
}

/** @throws DataError where there is nothing to learn from: before the first step, not when the prompt is drawn */
function answerOf({ id, answer }: Prompt): string {
  if (typeof answer === 'string') return answer;
  const got = answer === undefined ? 'none' : JSON.stringify(answer);
  throw new DataError(`prompt ${id}: expected an answer to learn, as text, got ${got}. Name its field with data.answer_key.`);
}

/** The recipe's rewards, built in or a person's own. */
export async function openRewards(recipe: Recipe, services: BuildServices): Promise<WeightedReward[]> {
  return Promise.all(
    recipe.reward.map(async ({ use, weight, args, when }, index) => {
      try {
        const taskArgs = use === 'make_the_number' ? numberArgs(recipe) : {};
        const isOwn = !BUILT_IN_REWARDS.has(use) && (use.includes(':') || moduleNamed(use) !== undefined);
        const reward = isOwn ? await services.loadReward(use, args) : builtInReward(use, { ...taskArgs, ...args });
        return { reward, weight, ...(when !== null && { when }) };
      } catch (error) {
        if (!(error instanceof RecipeError)) throw error;
        throw new RecipeError(
          error.issues.map(({ path, message }) => ({ path: ['reward', index, path].filter((part) => part !== '').join('.'), message })),
          { cause: error },
        );
      }
    }),
  );
}

/** The reward judges by the knobs of the task it belongs to. */
function numberArgs(recipe: Recipe): Record<string, unknown> {
  const { targets, requiredDigits, eachDigitOnce, multiplication, maxTokens } = taskOf(recipe);
  return { targets, required_digits: requiredDigits, each_digit_once: eachDigitOnce, multiplication, max_tokens: maxTokens };
}

export function samplingOf({ rollout }: Recipe, eosIds: readonly number[], tokenizer: Tokenizer): SamplingOptions {
  const stops = rollout.stop.map((text, index) => {
    const id = tokenizer.idOf(text);
    if (id === undefined)
      throw new RecipeError([
        { path: `rollout.stop.${index}`, message: `expected the text of a single token of this tokenizer, got ${JSON.stringify(text)}.` },
      ]);
    return id;
  });
  return {
    n: rollout.n,
    maxTokens: rollout.maxTokens,
    temperature: rollout.temperature,
    topK: rollout.topK ?? 0,
    topP: rollout.topP,
    minP: rollout.minP,
    repetitionPenalty: rollout.repetitionPenalty,
    stopIds: [...new Set([...eosIds, ...stops])],
  };
}

export function evaluationSets({ eval: evaluation, data }: Recipe, prompts: PromptSet | null, sampling: SamplingOptions): EvaluationSet[] {
  if (!prompts) return [];
  const { n, k, temperature, maxTokens, threshold } = evaluation;
  const name = evaluation.data === 'heldout' ? 'heldout' : nameOf(evaluation.data ?? data.task ?? 'eval');
  const options = { ...sampling, n, temperature, maxTokens: maxTokens ?? sampling.maxTokens, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1 };
  return [{ name, prompts: prompts.prompts, sampling: options, k: k ?? n, threshold }];
}

function nameOf(path: string): string {
  return (path.split(/[\\/]/).at(-1) ?? path).replace(/\.[^.]*$/, '');
}
