/** Where prompts come from. */

import { z } from 'zod';
import { about } from '../field.ts';

const key = z.string().min(1);

const target = z.int().min(0).max(99);

const makeTheNumber = z
  .strictObject({
    targets: z.tuple([target, target]).default([5, 39]).meta(about('Smallest and largest number to make.')),
    required_digits: z.int().min(1).max(9).default(2).meta(about('Digits that an answer must contain.')),
    each_digit_once: z.boolean().default(false).meta(about('An answer may use each digit only once.')),
    multiplication: z.boolean().default(false).meta(about('“*” may join digits too, before + and -.')),
  })
  .prefault({})
  .meta(about('Difficulty of the task make_the_number; an answer has at most rollout.max_tokens tokens.'));

export const dataSchema = z
  .strictObject({
    train: z.string().min(1).nullable().default(null).meta(about('Path of a .jsonl file with one prompt a line; or set data.task.')),
    task: z.enum(['make_the_number']).nullable().default(null).meta(about('A built-in task that makes its own prompts, instead of data.train.')),
    make_the_number: makeTheNumber,
    prompt_key: key.default('prompt').meta(about('Field that holds the prompt.')),
    answer_key: key.nullable().default(null).meta(about('Field that holds the answer; null tries ground_truth, answer, solution, target, label.')),
    source_key: key.nullable().default(null).meta(about('Field that names the source of a row, for metrics by source.')),
    system_prompt: z.string().min(1).nullable().default(null).meta(about('A system turn before every conversation that has none of its own.')),
    chat_template_kwargs: z
      .record(z.string(), z.unknown())
      .default({})
      .meta(about('More variables for the chat template, for example enable_thinking: false.')),
    max_prompt_length: z.int().min(1).default(512).meta(about('Longest prompt.', 'tokens')),
    overlong: z
      .enum(['error', 'filter', 'left', 'middle'])
      .default('error')
      .meta(about('What to do with a longer prompt: stop, leave it out, or cut it on the left or in the middle.')),
    shuffle: z.boolean().default(true).meta(about('Draw prompts in a new random order each pass (from the seed).')),
  })
  .prefault({})
  .meta(about('The prompts: data.train or data.task.'));
