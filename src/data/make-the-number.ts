/**
 * The default task: make a number from single digits joined by signs, using the digits that the prompt requires.
 *
 *   67>21=   "make 21, using 6 and 7"   6+7+7+1   6+9+7-1   6+7+6+3-1
 *
 * A prompt has very many right answers, so that what becomes of a policy's diversity can be watched.
 */

import { RecipeError } from '../base/errors.ts';
import { type Prompt, type PromptSet, promptSet } from './prompt.ts';

/** The difficulty of the task. */
export interface NumberTask {
  /** Smallest and largest number to make; both have at most two digits. */
  readonly targets: readonly [number, number];
  /** Digits that an answer must contain. */
  readonly requiredDigits: number;
  /** Whether an answer may use each digit only once. */
  readonly eachDigitOnce: boolean;
  /** Whether `*` may join digits, before `+` and `-`. */
  readonly multiplication: boolean;
  /** Tokens of a completion, the end token counted. */
  readonly maxTokens: number;
}

/** The task of the embedded policy. */
export const MAKE_THE_NUMBER: NumberTask = {
  targets: [5, 39],
  requiredDigits: 2,
  eachDigitOnce: false,
  multiplication: false,
  maxTokens: 14,
};

/** About twice as hard: three required digits, each digit at most once. */
export const MAKE_THE_NUMBER_ONCE: NumberTask = {
  ...MAKE_THE_NUMBER,
  targets: [5, 34],
  requiredDigits: 3,
  eachDigitOnce: true,
};

/** The tokens by id. */
export const NUMBER_VOCABULARY: readonly string[] = ['<pad>', '<bos>', '<eos>', ...'0123456789+-*>='];

/** A prompt of the task, taken apart. */
export interface NumberQuestion {
  /** In ascending order; a digit stands as often as it is required. */
  readonly required: readonly number[];
  readonly target: number;
}

/** Training and held-out prompts of the task; no question is in both. */
export function makeTheNumber(task: NumberTask = MAKE_THE_NUMBER): {
  readonly train: PromptSet;
  readonly heldOut: PromptSet;
} {
  checkTask(task);
  const train: Prompt[] = [];
  const heldOut: Prompt[] = [];
  for (const required of requiredSets(task)) {
    for (let target = task.targets[0]; target <= task.targets[1]; target++) {
      const question = { required, target };
      (isHeldOut(question) ? heldOut : train).push(numberPrompt(question));
    }
  }
  return { train: promptSet('make-the-number', train), heldOut: promptSet('make-the-number-held-out', heldOut) };
}

/** Every choice of required digits 1–9 in ascending order, with repeats unless each digit may be used only once. */
export function requiredSets({ requiredDigits, eachDigitOnce }: NumberTask): readonly (readonly number[])[] {
  let sets: (readonly number[])[] = [[]];
  for (let i = 0; i < requiredDigits; i++) {
    sets = sets.flatMap((set) => {
      const least = set.length === 0 ? 1 : set[set.length - 1]! + (eachDigitOnce ? 1 : 0);
      return Array.from({ length: Math.max(0, 10 - least) }, (_, k) => [...set, least + k]);
    });
  }
  return sets;
}

/** Whether a question belongs to the held-out tenth. A function of the question alone, so the split never moves. */
export function isHeldOut({ required, target }: NumberQuestion): boolean {
  const hash = required.reduce((h, digit) => (31 * h + 17 * digit + 7) % 10007, target);
  return ((7919 * hash) % 10007) % 10 === 3;
}

/** The prompt that asks a question: `67>21=`. */
export function numberPrompt({ required, target }: NumberQuestion): Prompt {
  const text = `${required.join('')}>${String(target).padStart(2, '0')}=`;
  return { id: text, source: 'make-the-number', text, columns: { required: required.join(''), target } };
}

/** Reads a prompt's text back, or undefined where it is not one of this task. */
export function parseNumberQuestion(text: string): NumberQuestion | undefined {
  const [, digits, target] = /^([1-9]*)>(\d\d)=$/.exec(text) ?? [];
  if (digits === undefined || target === undefined) return undefined;
  return { required: Array.from(digits, Number).sort((a, b) => a - b), target: Number(target) };
}

/** The most digits that fit into a completion: digits and signs alternate, then the end token. */
export function maxDigitsOf({ maxTokens, eachDigitOnce }: NumberTask): number {
  return Math.min(Math.floor(maxTokens / 2), eachDigitOnce ? 9 : Infinity);
}

/** @throws RecipeError if no answer could be right under these settings */
export function checkTask(task: NumberTask): void {
  const [low, high] = task.targets;
  const isTwoDigits = (n: number): boolean => Number.isInteger(n) && n >= 0 && n <= 99;
  if (!isTwoDigits(low) || !isTwoDigits(high) || low > high) {
    throw new RecipeError(`make-the-number: expected targets [low, high] within 0 … 99, got [${low}, ${high}]. Two digits are all a prompt holds.`);
  }
  const most = maxDigitsOf(task);
  if (!Number.isInteger(task.requiredDigits) || task.requiredDigits < 1 || task.requiredDigits > most) {
    throw new RecipeError(`make-the-number: expected 1 to ${most} required digits, got ${task.requiredDigits}. Require fewer or allow more tokens.`);
  }
}
