/** How many right answers a make-the-number prompt has, and which. */

import { MAKE_THE_NUMBER, maxDigitsOf, type NumberQuestion, type NumberTask } from './make-the-number.ts';
import { valueOf } from './make-the-number-verifier.ts';

/** The exact number of right answers to a question within the completion limit. */
export function countAnswers(question: NumberQuestion, task: NumberTask = MAKE_THE_NUMBER, maxDigits: number = maxDigitsOf(task)): number {
  return countAnswersByTarget(question.required, task, maxDigits).get(question.target) ?? 0;
}

/** All pieces of answers of one length that have one value and hold the same digits that matter. */
interface Pieces {
  readonly value: number;
  /** Digits that matter, ascending: the required ones it has or, where each may be used once, all of them. */
  readonly held: string;
  readonly count: number;
}

/**
 * The number of right answers for every value that an answer with these required digits can have.
 *
 *   terms(k)   = terms(k − 1) · digit                                  products of k digits
 *   answers(n) = Σ over k of  answers(n − k) ± terms(k)                sums of terms, n digits in all
 *
 * Without `*` every term is one digit. Pieces that the rest of an answer cannot tell apart are counted together.
 */
export function countAnswersByTarget(
  required: readonly number[],
  task: NumberTask = MAKE_THE_NUMBER,
  maxDigits: number = maxDigitsOf(task),
): ReadonlyMap<number, number> {
  const all = required.join('');
  const digits = Array.from({ length: 9 }, (_, i): Pieces => ({
    value: i + 1,
    held: hold('', String(i + 1), all, task) ?? '',
    count: 1,
  }));
  const terms: (readonly Pieces[])[] = [[], digits];
  const answers: (readonly Pieces[])[] = [[{ value: 0, held: '', count: 1 }]];
  const counts = new Map<number, number>();

  for (let length = 1; length <= maxDigits; length++) {
    if (length > 1 && task.multiplication) terms.push(joined([[terms[length - 1]!, digits, (a, b) => [a * b]]], all, task));
    const longestTerm = task.multiplication ? length : 1;
    const ways = Array.from({ length: longestTerm }, (_, i): Join => {
      const isFirst = i + 1 === length;
      return [answers[length - i - 1]!, terms[i + 1]!, isFirst ? (_none, b) => [b] : (a, b) => [a + b, a - b]];
    });
    const whole = joined(ways, all, task);
    answers.push(whole);
    for (const { value, held, count } of whole) if (hasAll(held, all)) counts.set(value, (counts.get(value) ?? 0) + count);
  }
  return counts;
}

/** Two lists of pieces, and the values that joining one of each gives. */
type Join = readonly [readonly Pieces[], readonly Pieces[], (a: number, b: number) => readonly number[]];

function joined(ways: readonly Join[], required: string, task: NumberTask): readonly Pieces[] {
  const merged = new Map<string, Pieces>();
  for (const [lefts, rights, values] of ways) {
    for (const left of lefts) {
      for (const right of rights) {
        const held = hold(left.held, right.held, required, task);
        if (held === undefined) continue;
        for (const value of values(left.value, right.value)) {
          const key = `${value} ${held}`;
          merged.set(key, { value, held, count: left.count * right.count + (merged.get(key)?.count ?? 0) });
        }
      }
    }
  }
  return [...merged.values()];
}

/** The digits that matter of two pieces together, or undefined where one stands in both and may be used only once. */
function hold(left: string, right: string, required: string, { eachDigitOnce }: NumberTask): string | undefined {
  if (left === '' && right === '') return '';
  if (eachDigitOnce) {
    for (const digit of right) if (left.includes(digit)) return undefined;
    return [...left, ...right].sort().join('');
  }
  let missing = required;
  for (const digit of left + right) missing = missing.replace(digit, '');
  let held = required;
  for (const digit of missing) held = held.replace(digit, '');
  return held;
}

function hasAll(held: string, required: string): boolean {
  let missing = required;
  for (const digit of held) missing = missing.replace(digit, '');
  return missing === '';
}

/** The right answers to a question with at most `maxDigits` digits: shorter ones first, then token by token, + - * and 1–9. */
export function* enumerateAnswers(question: NumberQuestion, maxDigits: number, task: NumberTask = MAKE_THE_NUMBER): Generator<string> {
  const most = Math.min(maxDigits, maxDigitsOf(task));
  for (let length = 1; length <= most; length++) yield* answersAfter('', question.required.join(''), length, question.target, task);
}

/** Right answers that begin with `beginning`, still need `missing` and have `left` more digits. */
function* answersAfter(beginning: string, missing: string, left: number, target: number, task: NumberTask): Generator<string> {
  const value = beginning === '' ? 0 : valueOf(beginning);
  // What is left must have room for the missing digits and, where nothing multiplies, reach the target.
  if (missing.length > left || (!task.multiplication && Math.abs(target - value) > 9 * left)) return;
  if (left === 0) {
    if (value === target) yield beginning;
    return;
  }
  const signs = beginning === '' ? [''] : task.multiplication ? ['+', '-', '*'] : ['+', '-'];
  for (const sign of signs) {
    for (let digit = 1; digit <= 9; digit++) {
      if (task.eachDigitOnce && beginning.includes(String(digit))) continue;
      yield* answersAfter(`${beginning}${sign}${digit}`, missing.replace(String(digit), ''), left - 1, target, task);
    }
  }
}
