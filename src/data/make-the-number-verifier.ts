/** Judges an answer to a make-the-number prompt. */

import { MAKE_THE_NUMBER, type NumberQuestion, type NumberTask } from './make-the-number.ts';

/** Why an answer is right or wrong; the first that applies, in this order. */
export type NumberVerdict =
  /** No end token within the limit. */
  | 'noeos'
  /** Not digits 1–9 with a sign between each two. */
  | 'grammar'
  /** Another number than the target. */
  | 'value'
  /** A required digit is missing, or a digit stands twice where each may be used once. */
  | 'digits'
  | 'ok';

/**
 * Judges a completion, token by token of its text.
 *
 * @param text     the completion with its special tokens spelled out; nothing after an end token counts
 * @param finished whether the sampler stopped at the end token, when the text no longer shows it
 */
export function verifyNumber(question: NumberQuestion, text: string, finished: boolean, task: NumberTask = MAKE_THE_NUMBER): NumberVerdict {
  const end = text.indexOf('<eos>');
  const answer = end < 0 ? text : text.slice(0, end);
  const tokens = answer.match(/<(?:pad|bos)>|[^]/g) ?? [];
  if ((end < 0 && !finished) || tokens.length + 1 > task.maxTokens) return 'noeos';

  const grammar = task.multiplication ? /^[1-9](?:[-+*][1-9])*$/ : /^[1-9](?:[-+][1-9])*$/;
  if (!grammar.test(answer)) return 'grammar';
  if (valueOf(answer) !== question.target) return 'value';
  return hasDigits(answer, question, task) ? 'ok' : 'digits';
}

/** The value of a grammatical answer: products first, then from left to right. */
export function valueOf(answer: string): number {
  let sum = 0;
  let term = Number(answer[0]);
  for (let i = 1; i < answer.length; i += 2) {
    const digit = Number(answer[i + 1]);
    if (answer[i] === '*') {
      term *= digit;
    } else {
      sum += term;
      term = answer[i] === '-' ? -digit : digit;
    }
  }
  return sum + term;
}

function hasDigits(answer: string, { required }: NumberQuestion, { eachDigitOnce }: NumberTask): boolean {
  const uses = new Uint32Array(10);
  for (let i = 0; i < answer.length; i += 2) uses[Number(answer[i])]!++;
  if (eachDigitOnce && uses.some((count) => count > 1)) return false;
  for (const digit of required) {
    if (uses[digit] === 0) return false;
    uses[digit]!--;
  }
  return true;
}
