/** Parts of a completion: what comes before and after the tag that closes its thinking. */

import type { TokenTables } from '../algorithm.ts';

export type Segment = 'answer' | 'thinking' | 'joint';

/**
 * 1 at the tokens of the segment, [rows, T]. `thinking` includes the closing tag; `answer` begins after it. Without a tag in the
 * completion, or in the tokenizer, the answer is the whole completion and the thinking is empty.
 *
 * `isSource`: the tag is looked for in the prompt too, prompts padded on the left to the longest; its place there is read as one in the completion.
 */
export function segmentMask(
  { T, responseMask, tokens, thinkEndId, prompts = [] }: Pick<TokenTables, 'T' | 'responseMask' | 'tokens' | 'thinkEndId' | 'prompts'>,
  rows: number,
  segment: Segment,
  { isSource = false }: { readonly isSource?: boolean } = {},
): Uint8Array {
  const promptWidth = prompts.reduce((most, prompt) => Math.max(most, prompt.length), 0);
  const mask = Uint8Array.from({ length: rows * T }, (_, at) => (responseMask[at] === 0 ? 0 : 1));
  if (segment === 'joint') return mask;
  for (let i = 0; i < rows; i++) {
    const end = closingTag(i);
    for (let t = 0; t < T; t++) {
      const isInside = end === null ? segment === 'answer' : segment === 'answer' ? t > end : t <= end;
      if (!isInside) mask[i * T + t] = 0;
    }
  }
  return mask;

  function closingTag(row: number): number | null {
    if (!tokens || thinkEndId === null || thinkEndId === undefined) return null;
    const prompt = Array.from(isSource ? prompts[row]! : []);
    if (prompt.includes(thinkEndId)) return promptWidth - prompt.length + prompt.indexOf(thinkEndId);
    const offset = isSource ? promptWidth : 0;
    for (let t = 0; t < T; t++) if (responseMask[row * T + t] !== 0 && tokens[row * T + t] === thinkEndId) return offset + t;
    return null;
  }
}

/** The mean of `sign` · table over the marked tokens of each row; 0 where none is marked. */
export function rowMeansOver(table: ArrayLike<number>, mask: ArrayLike<number>, rows: number, T: number, sign: 1 | -1 = 1): Float64Array {
  return Float64Array.from({ length: rows }, (_, i) => {
    let [sum, count] = [0, 0];
    for (let at = i * T; at < (i + 1) * T; at++) {
      if (mask[at] === 0) continue;
      sum += sign * table[at]!;
      count++;
    }
    return sum / (count + 1e-8);
  });
}
