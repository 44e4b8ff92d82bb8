/** Holds a parsed `tokenizer.json` against what the library takes for granted, so that a damaged or hostile one is an error and not a hang. */

import { DataError } from '../base/errors.ts';

/** Kinds of tokenizer model that the library encodes as the reference does; it guesses at others. */
const MODEL_TYPES = ['BPE', 'Unigram', 'WordPiece'];

/** The largest published vocabulary has a sixteenth of this; the library keeps a list as long as the largest id. */
const MAX_ID = 2 ** 22;

/** How many times longer normalizers may make a text. */
const MAX_GROWTH = 1024;

export interface TokenizerJson {
  readonly model: Readonly<Record<string, unknown>>;
  readonly added_tokens: readonly Readonly<Record<string, unknown>>[];
  readonly [part: string]: unknown;
}

/** @throws DataError naming the part that is wrong */
export function checkTokenizerJson(json: unknown, file: string): TokenizerJson {
  const model: unknown = isRecord(json) ? json['model'] : undefined;
  if (!isRecord(json) || !isRecord(model)) {
    throw new DataError(
      `${file}: expected a tokenizer with a model, got ${JSON.stringify(json)?.slice(0, 60) ?? 'nothing'}. Use the tokenizer.json of a fast tokenizer.`,
    );
  }
  const type = model['type'] ?? 'BPE';
  if (typeof type !== 'string' || !MODEL_TYPES.includes(type)) {
    throw new DataError(`${file}: expected a model of type ${MODEL_TYPES.join(', ')}, got ${String(type)}. Choose a model with one of these tokenizers.`);
  }
  const fail = (what: string, expected: string, got: unknown): never => {
    throw new DataError(
      `${file}: expected ${what} to be ${expected}, got ${JSON.stringify(got)?.slice(0, 60) ?? 'nothing'}. The file is damaged; download it again.`,
    );
  };
  checkVocabulary(model['vocab'], fail);
  const added: unknown = json['added_tokens'] ?? [];
  if (!Array.isArray(added)) return fail('added_tokens', 'a list', added);
  for (const token of added) {
    if (!isRecord(token) || !isId(token['id']) || typeof token['content'] !== 'string' || token['content'] === '')
      fail('each of added_tokens', `a text with an id below ${MAX_ID}`, token);
  }
  const growth = growthOf(json['normalizer']);
  if (growth > MAX_GROWTH) fail('normalizer', `one that makes texts at most ${MAX_GROWTH} times longer`, growth);
  return { ...json, model, added_tokens: added };
}

/** Names to ids, or for Unigram a list of pieces with their scores. */
function checkVocabulary(vocab: unknown, fail: (what: string, expected: string, got: unknown) => never): void {
  if (Array.isArray(vocab)) {
    const wrong = vocab.find((piece) => !Array.isArray(piece) || typeof piece[0] !== 'string' || typeof piece[1] !== 'number');
    if (wrong !== undefined) fail('each piece of the vocabulary', 'a text and its score', wrong);
    return;
  }
  if (!isRecord(vocab)) return fail('vocab', 'an object of ids', vocab);
  for (const name of Object.keys(vocab))
    if (!isId(vocab[name])) fail(`the id of ${JSON.stringify(name.slice(0, 40))}`, `a whole number below ${MAX_ID}`, vocab[name]);
}

/** How many times longer a text can get: a replacement may stand for a single character, or for none. */
function growthOf(normalizer: unknown): number {
  if (!isRecord(normalizer)) return 1;
  const parts: unknown = normalizer['normalizers'];
  if (Array.isArray(parts)) return parts.reduce((product: number, part) => product * growthOf(part), 1);
  const { pattern, content } = normalizer;
  if (typeof content !== 'string') return 1;
  const replaced = isRecord(pattern) && typeof pattern['String'] === 'string' ? pattern['String'].length : 0;
  return replaced === 0 ? 1 + content.length : Math.max(1, content.length / replaced);
}

function isId(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < MAX_ID;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
