/** 1 when the last number of a completion is the reference answer, else 0. */

import { z } from 'zod';
import { columnOf } from '../data/columns.ts';
import { defineReward } from './reward.ts';

const options = z
  .strictObject({
    answer_key: z.string().optional().describe('column of the reference answer, when it is not the one the data was read with'),
  })
  .describe('1 where the last number of the completion is the reference answer, else 0');

export const exactAnswerReward = defineReward({
  name: 'exact_answer',
  options,
  range: () => [0, 1],
  judge({ prompt, text }, { answer_key: key }) {
    const answer = key === undefined ? prompt.answer : columnOf(prompt.columns, key);
    if (answer === undefined) return { score: null };
    const expected = typeof answer === 'string' || typeof answer === 'number' ? lastNumber(String(answer)) : undefined;
    if (expected === undefined) {
      return {
        score: null,
        error: `expected an answer with a number, got ${JSON.stringify(answer)?.slice(0, 60)} (${prompt.id}). Name another column in answer_key.`,
      };
    }
    const got = lastNumber(text);
    if (got === undefined) return { score: 0, parseFailed: true };
    return { score: got === expected ? 1 : 0, extra: { answer: got } };
  },
});

/** Digits, in groups of three between commas or not, with or without decimals. */
const NUMBER = /(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?|\.\d+/g;

/**
 * The last number of a text in its shortest form, or undefined where there is none: `1,000` and `1000.0` are `1000`.
 *
 * Compared as text, so numbers of any length are exact. A minus belongs to the number unless it stands between two things.
 */
export function lastNumber(text: string): string | undefined {
  let last: RegExpExecArray | undefined;
  for (const match of text.matchAll(NUMBER)) last = match;
  if (!last) return undefined;
  const [whole = '', decimals = ''] = last[0].replaceAll(',', '').split('.');
  const shortWhole = whole.replace(/^0+(?=\d)/, '') || '0';
  const shortDecimals = trimZeros(decimals);
  const magnitude = shortDecimals === '' ? shortWhole : `${shortWhole}.${shortDecimals}`;
  const isNegative = magnitude !== '0' && /(?:^|[^\w)\]}])[-−]$/.test(text.slice(Math.max(0, last.index - 2), last.index));
  return isNegative ? `-${magnitude}` : magnitude;
}

function trimZeros(decimals: string): string {
  let end = decimals.length;
  while (decimals[end - 1] === '0') end--;
  return decimals.slice(0, end);
}
