/** 1 for a right answer to a make-the-number prompt, else 0. */

import { z } from 'zod';
import { MAKE_THE_NUMBER, type NumberTask, parseNumberQuestion } from '../data/make-the-number.ts';
import { verifyNumber } from '../data/make-the-number-verifier.ts';
import { defineReward } from './reward.ts';

const digits = z.int().min(0).max(99);

const options = z
  .strictObject({
    targets: z
      .tuple([digits, digits])
      .default([...MAKE_THE_NUMBER.targets])
      .describe('smallest and largest number to make'),
    required_digits: z.int().min(1).default(MAKE_THE_NUMBER.requiredDigits).describe('digits that an answer must contain'),
    each_digit_once: z.boolean().default(MAKE_THE_NUMBER.eachDigitOnce).describe('an answer may use each digit only once'),
    multiplication: z.boolean().default(MAKE_THE_NUMBER.multiplication).describe('`*` may join digits'),
    max_tokens: z.int().min(2).default(MAKE_THE_NUMBER.maxTokens).describe('tokens of a completion, the end token counted'),
  })
  .describe('1 for a right answer to a prompt of make-the-number, else 0; a recipe with that task sets these itself');

/** The task that recipe arguments describe. */
export function numberTaskOf(args: z.output<typeof options>): NumberTask {
  return {
    targets: args.targets,
    requiredDigits: args.required_digits,
    eachDigitOnce: args.each_digit_once,
    multiplication: args.multiplication,
    maxTokens: args.max_tokens,
  };
}

export const makeTheNumberReward = defineReward({
  name: 'make_the_number',
  options,
  range: () => [0, 1],
  judge({ prompt, text, finishReason }, args) {
    const question = parseNumberQuestion(prompt.text ?? '');
    if (!question)
      return {
        score: null,
        error: `expected a prompt such as 67>21=, got ${prompt.id}. Use this reward with make-the-number prompts.`,
      };
    const verdict = verifyNumber(question, text, finishReason === 'stop', numberTaskOf(args));
    return {
      score: verdict === 'ok' ? 1 : 0,
      parseFailed: verdict === 'grammar' || verdict === 'noeos',
      extra: { verdict },
    };
  },
});
