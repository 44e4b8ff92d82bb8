/** The regular expressions of a `tokenizer.json`: finding them, and texts on which a bad one takes for ever. */

import { DataError } from '../base/errors.ts';
import { GPT2_PATTERN, LLAMA3_PATTERN, QWEN2_PATTERN } from './splits.ts';

/** Patterns of published tokenizers: they take time in proportion to their text, or to the square of a run of spaces. */
const PUBLISHED: ReadonlySet<string> = new Set([GPT2_PATTERN, LLAMA3_PATTERN, QWEN2_PATTERN]);

const MAX_PATTERN = 4096;

/**
 * The patterns of a parsed `tokenizer.json` that are not known to be harmless.
 *
 * @throws DataError for one longer than any honest one
 */
export function unknownPatterns(tokenizerJson: unknown, file: string): readonly string[] {
  const found = new Set<string>();
  if (isRecord(tokenizerJson)) for (const part of ['normalizer', 'pre_tokenizer', 'post_processor', 'decoder']) collect(tokenizerJson[part], found);
  const patterns = [...found].filter((pattern) => !PUBLISHED.has(pattern));
  const longest = patterns.reduce((most, { length }) => Math.max(most, length), 0);
  if (longest > MAX_PATTERN)
    throw new DataError(
      `${file}: expected regular expressions of at most ${MAX_PATTERN} characters, got ${longest}. Use the tokenizer the model was published with.`,
    );
  return patterns;
}

function collect(value: unknown, found: Set<string>): void {
  if (Array.isArray(value)) for (const item of value) collect(item, found);
  if (!isRecord(value)) return;
  for (const [key, item] of Object.entries(value)) {
    if (key === 'Regex' && typeof item === 'string') found.add(item);
    else collect(item, found);
  }
}

/** Runs of one character and of two, of the pattern's own and of common ones, with an end that nothing matches. */
export function trialTexts(pattern: string): readonly string[] {
  const own = [...new Set(pattern.match(/[\p{L}\p{N}]/gu))].slice(0, 24);
  const pairs = [...new Set(pattern.match(/[\p{L}\p{N}]{2}/gu))].slice(0, 24);
  const runs = [...new Set([..."aA1 \t\n\r.!-_'é中😀", ...own, ...pairs, 'a1', 'a ', ' \n', '\r\n', "'s"])];
  return runs.flatMap((run) => [run.repeat(RUN), `${run.repeat(RUN)}\u0001`]);
}

/** Long enough that a pattern of cubic time is seen, short enough that one of quadratic time is not held up. */
const RUN = 600;

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
