/** `entrain sample --model …`: a model's answers to one question, without a recipe. */

import type { Command } from 'commander';
import { RecipeError } from '../base/errors.ts';
import type { Question } from '../recipe/ask.ts';
import { isOverride } from './key-flags.ts';
import { lineOf } from '../trainer/metrics-file.ts';
import type { TrainContext } from './train.ts';

/** The options that `sample` shares with recipes or has of its own, as they were typed. */
export interface AskWords {
  readonly model?: string;
  readonly prompt?: string;
  readonly system?: string;
  readonly temperature?: string;
  readonly maxTokens?: string;
  readonly n?: string;
  readonly seed?: string;
}

/** Declares them on `sample`. */
export function withAskOptions(command: Command): Command {
  return command
    .option('--prompt <text>', 'the prompt, instead of held-out ones')
    .option('--prompts <count>', 'how many held-out prompts (3)')
    .option('--model <path>', 'ask this model the words that follow, without a recipe: a folder, a GGUF file, or a name of the hub')
    .option('--system <text>', 'a system turn before it')
    .option('--temperature <value>', '0 takes the likeliest token')
    .option('--max-tokens <count>', 'longest answer (a model without a recipe: 128)')
    .option('--n <count>', 'answers to a prompt (a model without a recipe: 1)')
    .option('--seed <number>', 'of the draws');
}

const QUESTION = { n: 1, maxTokens: 128, temperature: 1, seed: 42 };

/**
 * The question that the words after `sample` ask of a model.
 *
 * @throws RecipeError where there is none, or an option is no number
 */
export function questionOf(model: string, words: readonly string[], options: AskWords): Question {
  const text = options.prompt ?? words.join(' ');
  if (text === '')
    throw new RecipeError(`command line: expected a question for ${model}, got none. Write it behind the options: sample --model ${model} 'What is 2 + 3?'`);
  return {
    model,
    text,
    system: options.system ?? null,
    n: wholeOf('n', options.n, 1) ?? QUESTION.n,
    maxTokens: wholeOf('max-tokens', options.maxTokens, 1) ?? QUESTION.maxTokens,
    temperature: temperatureOf(options) ?? QUESTION.temperature,
    seed: wholeOf('seed', options.seed, 0) ?? QUESTION.seed,
  };
}

/** The temperature that was asked for, 0 for the likeliest token; undefined where none was. @throws RecipeError if it is none */
export function temperatureOf({ temperature }: AskWords): number | undefined {
  if (temperature === undefined) return undefined;
  const value = Number(temperature);
  if (temperature.trim() === '' || !(value >= 0) || value === Number.POSITIVE_INFINITY)
    throw new RecipeError(`--temperature: expected 0 or more, got ${JSON.stringify(temperature)}. 0 takes the likeliest token.`);
  return value;
}

/** The same options where a recipe is sampled: as recipe keys. */
export function recipeKeysOf({ system, maxTokens, n, seed }: AskWords): string[] {
  const keys = { 'data.system_prompt': system, 'rollout.max_tokens': maxTokens, 'rollout.n': n, seed };
  return Object.entries(keys).flatMap(([key, word]) => (word === undefined ? [] : [`${key}=${key === 'data.system_prompt' ? JSON.stringify(word) : word}`]));
}

/** Words behind `sample` that are no recipe, key or method but something said: those with a space in them. */
export function saidIn(words: readonly string[]): string | null {
  return words.find((word) => /\s/.test(word) && !isOverride(word)) ?? null;
}

/** A whole number that was typed behind an option. @throws RecipeError if it is none, or too small */
export function wholeOf(name: string, word: string | undefined, least: number): number | undefined {
  if (word === undefined) return undefined;
  const value = Number(word);
  if (word.trim() === '' || !Number.isSafeInteger(value) || value < least)
    throw new RecipeError(`--${name}: expected a whole number of at least ${least}, got ${JSON.stringify(word)}.`);
  return value;
}

/** Prints the answers, one below the other. */
export async function ask(
  question: Question,
  { adapter, json }: { readonly adapter: string; readonly json: boolean },
  context: Pick<TrainContext, 'terminal' | 'engine'>,
): Promise<number> {
  const { terminal, engine } = context;
  for (const { text, ...answer } of await engine.ask(question, { adapter })) {
    const cut = answer.finishReason === 'length' ? ' …(cut)' : '';
    terminal.out(json ? lineOf({ event: 'completion', prompt: question.text, completion: text, ...answer }) : `${text}${cut}\n`);
  }
  return 0;
}
