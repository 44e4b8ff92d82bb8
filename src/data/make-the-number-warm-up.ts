/** Right answers to make-the-number prompts, from which a policy first learns the task. */

import { DataError } from '../base/errors.ts';
import { Random } from '../base/random.ts';
import { isHeldOut, MAKE_THE_NUMBER, maxDigitsOf, numberPrompt, type NumberTask } from './make-the-number.ts';
import type { Prompt } from './prompt.ts';

export interface WarmUpExample {
  readonly prompt: Prompt;
  /** A right answer, without its end token. */
  readonly completion: string;
}

/** How the answers are drawn before those of another target are thrown away. */
const SHORTEST = 3;
const LONGEST = 6;
const PLUS_SHARE = 0.6;
const TIMES_SHARE = 0.2;

/** An answer exists for nearly every target within a few dozen draws; so many without one means that none exists. */
const MOST_DRAWS = 1_000_000;

/** Counter of the target; draws count from 1. */
const TARGET_DRAW = 0;

/**
 * Returns example `index` of an endless supply, a function of (seed, index) alone.
 *
 *   target  uniform over the task's targets
 *   answer  3–6 digits (uniform), each 1–9 (uniform), signs + with 0.6 and - with 0.4, given that its value is the target
 *   prompt  required digits at random positions of the answer; held-out questions are drawn again
 *
 * So every example is right, every target is equally frequent, and nothing prefers one way of writing a number over another.
 * With `*` a sign is `*` with 0.2 and the rest is shared as above; where each digit may be used once, answers that repeat one
 * are drawn again.
 *
 * The published recipe draws 1.5 million answers, keeps those in range and then evens out the targets. Here the target comes
 * first and answers are drawn until one has it: the same distribution, with no pool to make, and without its repeats.
 *
 * @throws DataError if the task has no answer of 3–6 digits for a target
 */
export function warmUpExample(seed: number, index: number, task: NumberTask = MAKE_THE_NUMBER): WarmUpExample {
  const random = Random.seeded(seed).fork('make-the-number/warm-up').at(index);
  const [low, high] = task.targets;
  const target = low + random.below(high - low + 1, TARGET_DRAW);
  for (let draw = 1; draw <= MOST_DRAWS; draw++) {
    const completion = drawAnswer(random, draw, target, task);
    if (completion === undefined) continue;
    const question = { required: drawRequired(random, draw, completion, task), target };
    if (!isHeldOut(question)) return { prompt: numberPrompt(question), completion };
  }
  throw new DataError(`make-the-number: expected an answer of ${SHORTEST} to ${LONGEST} digits for ${target}, got none. Choose other targets.`);
}

/** Where the numbers of one draw lie in its counter. */
const LENGTH_PLACE = 0;
const DIGIT_PLACE = 16;
const SIGN_PLACE = 32;
const REQUIRED_PLACE = 48;

/**
 * One draw of an answer: all of it but the last digit, which the target then settles. As the last digit too is uniform, this
 * gives every answer of that value its own chance, with nine times fewer draws than waiting for it.
 */
function drawAnswer(random: Random, draw: number, target: number, task: NumberTask): string | undefined {
  const longest = Math.min(LONGEST, maxDigitsOf(task));
  const shortest = Math.min(Math.max(SHORTEST, task.requiredDigits), longest);
  const length = shortest + random.below(longest - shortest + 1, draw, LENGTH_PLACE);
  let answer = '';
  let sum = 0;
  let term = 1;
  for (let i = 0; ; i++) {
    const sign = i === 0 ? '' : drawSign(random, draw, i, task);
    if (sign !== '*') {
      sum += i === 0 ? 0 : term;
      term = sign === '-' ? -1 : 1;
    }
    // From here on, the digit multiplies the term that it begins or continues.
    const isLast = i === length - 1;
    const digit = isLast ? (target - sum) / term : 1 + random.below(9, draw, DIGIT_PLACE + i);
    if (!Number.isInteger(digit) || digit < 1 || digit > 9 || (task.eachDigitOnce && answer.includes(String(digit)))) return undefined;
    answer += `${sign}${digit}`;
    if (isLast) return answer;
    term *= digit;
  }
}

function drawSign(random: Random, draw: number, place: number, { multiplication }: NumberTask): string {
  const u = random.uniform(draw, SIGN_PLACE + place);
  const times = multiplication ? TIMES_SHARE : 0;
  if (u < times) return '*';
  return u < times + (1 - times) * PLUS_SHARE ? '+' : '-';
}

/** The digits at random positions of an answer, in ascending order. */
function drawRequired(random: Random, draw: number, answer: string, { requiredDigits }: NumberTask): readonly number[] {
  const digits = Array.from(answer.replace(/\D/g, ''), Number);
  const required: number[] = [];
  for (let i = 0; i < requiredDigits; i++) required.push(...digits.splice(random.below(digits.length, draw, REQUIRED_PLACE + i), 1));
  return required.sort((a, b) => a - b);
}
