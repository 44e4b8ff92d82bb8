/**
 * A tokenizer as the metadata of a GGUF file: tokens, their kinds, merges or scores, special ids, chat template.
 *
 * Byte-level tokenizers are told by how they split a text (`splits.ts`); pieces with byte fallback become SentencePiece's, each scored by
 * the place of the first merge that makes it.
 */

import { DataError } from '../base/errors.ts';
import { KIND } from './gguf-kinds.ts';
import { GPT2_PATTERN, SPLITS } from './splits.ts';
import type { Tokenizer } from './tokenizer.ts';

export type GgufTokenizerValue = string | number | boolean | readonly string[] | Int32Array | Float32Array;

/**
 * Returns the metadata by key.
 *
 * @param vocabSize rows of the model's embedding; ids without a token get a name that no text contains
 * @param tokenizerJson the parsed file the tokenizer was made of
 * @throws DataError if GGUF has no way to say how this tokenizer works
 */
export function ggufTokenizerMetadata(tokenizer: Tokenizer, tokenizerJson: unknown, vocabSize: number): Map<string, GgufTokenizerValue> {
  const json = record(tokenizerJson);
  const model = record(json['model']);
  const added = new Map(list(json['added_tokens']).map((token) => [record(token)['id'], record(token)] as const));
  const isPieces = model['byte_fallback'] === true;
  const unknown = typeof model['unk_token'] === 'string' ? tokenizer.idOf(model['unk_token']) : undefined;
  const tokens: string[] = [];
  const kinds = new Int32Array(vocabSize);
  for (let id = 0; id < vocabSize; id++) {
    const token = tokenizer.tokenOf(id);
    const extra = added.get(id);
    tokens.push(token ?? `[PAD${id}]`);
    if (token === undefined) kinds[id] = KIND.unused;
    else if (extra) kinds[id] = extra['special'] !== true ? KIND.userDefined : isPieces && id === unknown ? KIND.unknown : KIND.control;
    else kinds[id] = isPieces && /^<0x[0-9A-F]{2}>$/.test(token) ? KIND.byte : KIND.normal;
  }
  const merges = list(model['merges']).map((merge): [string, string] => {
    const [left = '', right = ''] = Array.isArray(merge) ? merge.map(String) : String(merge).split(' ');
    return [left, right];
  });
  return new Map<string, GgufTokenizerValue>([
    ['tokenizer.ggml.model', isPieces ? 'llama' : 'gpt2'],
    ['tokenizer.ggml.pre', isPieces ? 'default' : splitName(json)],
    ['tokenizer.ggml.tokens', tokens],
    ['tokenizer.ggml.token_type', kinds],
    ...(isPieces ? piecesOf(json, tokens, merges) : [['tokenizer.ggml.merges', merges.map((pair) => pair.join(' '))] as const]),
    ...specialIds(tokenizer),
    ...(tokenizer.chatTemplate ? [['tokenizer.chat_template', tokenizer.chatTemplate.source] as const] : []),
  ]);
}

function piecesOf(json: Json, tokens: readonly string[], merges: readonly (readonly [string, string])[]): [string, GgufTokenizerValue][] {
  const ranks = new Map<string, number>();
  for (const [rank, [left, right]] of merges.entries()) if (!ranks.has(left + right)) ranks.set(left + right, rank);
  const scores = Float32Array.from(tokens, (token) => -(ranks.get(token) ?? merges.length));
  const prepends = /"(Prepend|prepend_scheme)":\s*("▁"|"first"|"always"|\{)|"type":\s*"Prepend"/.test(
    JSON.stringify([json['normalizer'], json['pre_tokenizer']]),
  );
  return [
    ['tokenizer.ggml.scores', scores],
    ['tokenizer.ggml.add_space_prefix', prepends],
  ];
}

function specialIds(tokenizer: Tokenizer): [string, GgufTokenizerValue][] {
  const named = { bos: 'bos', eos: 'eos', unk: 'unknown', pad: 'padding' } as const;
  const idOf = (role: keyof typeof named): number | undefined => {
    const token = tokenizer.specialTokens[role];
    return token === undefined ? undefined : tokenizer.idOf(token);
  };
  const bos = idOf('bos');
  const addsBos = bos !== undefined && tokenizer.encode('a', { addSpecialTokens: true })[0] === bos;
  const ids = (['bos', 'eos', 'unk', 'pad'] as const).flatMap((role) => {
    const id = idOf(role);
    return id === undefined ? [] : [[`tokenizer.ggml.${named[role]}_token_id`, id] as [string, number]];
  });
  return [...ids, ['tokenizer.ggml.add_bos_token', addsBos]];
}

/** The name of the split that works as this tokenizer's. */
function splitName(json: Json): string {
  const own = stepsOf(json['normalizer'], json['pre_tokenizer']);
  for (const [name, { normalizer, preTokenizer }] of SPLITS) if (stepsOf(normalizer, preTokenizer) === own) return name;
  throw new DataError(
    `tokenizer: expected one that splits texts as ${[...SPLITS.keys()].join(', ')} do, got ${own || 'none of them'}. GGUF has no name for it; export safetensors instead.`,
  );
}

/** What a tokenizer does to a text before merging, in a few words; parts that do nothing are left out. */
function stepsOf(normalizer: unknown, preTokenizer: unknown): string {
  return [...partsOf(normalizer, 'normalizers'), ...partsOf(preTokenizer, 'pretokenizers')].flatMap(stepOf).join(', ');
}

function stepOf(part: Json): string[] {
  switch (part['type']) {
    case 'Split':
      return [`${String(part['behavior'])} ${String(record(part['pattern'])['Regex'])}`];
    case 'ByteLevel':
      return [...(part['use_regex'] === false ? [] : [`Isolated ${GPT2_PATTERN}`]), part['add_prefix_space'] === true ? 'bytes after a space' : 'bytes'];
    case 'Digits':
      return [part['individual_digits'] === true ? 'digits one by one' : 'digits'];
    default:
      return [String(part['type'])];
  }
}

function partsOf(part: unknown, inner: string): readonly Json[] {
  const json = record(part);
  if (json['type'] === undefined) return [];
  return json['type'] === 'Sequence' ? list(json[inner]).map(record) : [json];
}

type Json = Readonly<Record<string, unknown>>;

function record(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
