/**
 * The tokenizer inside a GGUF file, as the `tokenizer.json` and `tokenizer_config.json` of the same model.
 *
 * GGUF names its way of splitting text (`tokenizer.ggml.pre`) instead of writing it down; the ones below are known, others are refused.
 *
 * @source llama.cpp, `llama-vocab.cpp`; transformers, `convert_slow_tokenizer.py` for pieces with scores
 */

import { DataError } from '../base/errors.ts';
import { KIND } from './gguf-kinds.ts';
import { mergesOfPieces } from './piece-merges.ts';
import { SPLITS } from './splits.ts';

export interface GgufTokenizerFiles {
  readonly tokenizerJson: Readonly<Record<string, unknown>>;
  readonly tokenizerConfig: Readonly<Record<string, unknown>>;
}

type Metadata = ReadonlyMap<string, unknown>;

/**
 * Returns the tokenizer's files, or null where the file holds no vocabulary.
 *
 * @param metadata the file's keys and values
 * @throws DataError if the vocabulary is damaged or of a kind that is not known
 */
export function ggufTokenizerFiles(metadata: Metadata, file: string): GgufTokenizerFiles | null {
  const model = metadata.get('tokenizer.ggml.model');
  if (model === undefined || model === 'no_vocab' || model === 'none') return null;
  const tokens = listOf(metadata, 'tokens', 'string', file) ?? fail(file, 'tokenizer.ggml.tokens', 'a list of texts', undefined);
  const kinds = listOf(metadata, 'token_type', 'number', file) ?? tokens.map(() => KIND.normal);
  if (kinds.length !== tokens.length) fail(file, 'tokenizer.ggml.token_type', `${tokens.length} numbers, one a token`, kinds.length);
  const vocabulary = { tokens, kinds };
  const parts =
    model === 'gpt2'
      ? byteLevel(metadata, vocabulary, file)
      : model === 'llama'
        ? pieces(metadata, vocabulary, file)
        : fail(file, 'tokenizer.ggml.model', 'gpt2 or llama', model);
  const config = configOf(metadata, tokens, model === 'llama');
  const bos = config['add_bos_token'] === true ? tokenText(metadata, 'bos', tokens) : undefined;
  return {
    tokenizerJson: {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: addedTokens(vocabulary),
      ...parts,
      post_processor: beginningWith(bos, tokens),
    },
    tokenizerConfig: config,
  };
}

interface Vocabulary {
  readonly tokens: readonly string[];
  readonly kinds: readonly number[];
}

/** Byte-pair encoding over bytes, as GPT-2's and its many followers'. */
function byteLevel(metadata: Metadata, vocabulary: Vocabulary, file: string): object {
  const name = metadata.get('tokenizer.ggml.pre') ?? 'default';
  const split = typeof name === 'string' ? SPLITS.get(name) : undefined;
  if (!split)
    return fail(
      file,
      'tokenizer.ggml.pre',
      [...SPLITS.keys()].join(', '),
      name,
      'Put the tokenizer.json of the model beside the file, or name its folder in model.tokenizer.',
    );
  const merges = listOf(metadata, 'merges', 'string', file) ?? fail(file, 'tokenizer.ggml.merges', 'a list of texts', undefined);
  return {
    normalizer: split.normalizer,
    pre_tokenizer: split.preTokenizer,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: split.ignoreMerges,
      vocab: vocabOf(vocabulary),
      merges,
    },
  };
}

/** Pieces with scores, as SentencePiece's: a mark for each space, bytes for what no piece covers. */
function pieces(metadata: Metadata, vocabulary: Vocabulary, file: string): object {
  const { tokens } = vocabulary;
  const scores = listOf(metadata, 'scores', 'number', file) ?? fail(file, 'tokenizer.ggml.scores', 'a list of numbers', undefined);
  if (scores.length !== tokens.length) fail(file, 'tokenizer.ggml.scores', `${tokens.length} numbers, one a token`, scores.length);
  const prepends = metadata.get('tokenizer.ggml.add_space_prefix') !== false;
  const mark = [{ type: 'Replace', pattern: { String: ' ' }, content: '▁' }];
  const unmark = [{ type: 'Replace', pattern: { String: '▁' }, content: ' ' }, { type: 'ByteFallback' }, { type: 'Fuse' }];
  return {
    normalizer: { type: 'Sequence', normalizers: prepends ? [{ type: 'Prepend', prepend: '▁' }, ...mark] : mark },
    pre_tokenizer: null,
    decoder: { type: 'Sequence', decoders: prepends ? [...unmark, { type: 'Strip', content: ' ', start: 1, stop: 0 }] : unmark },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: tokenText(metadata, 'unknown', tokens) ?? null,
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: false,
      vocab: vocabOf(vocabulary),
      merges: mergesOfPieces(tokens.flatMap((text, id) => (vocabulary.kinds[id] === KIND.normal ? [{ text, id, score: scores[id]! }] : []))),
    },
  };
}

function vocabOf({ tokens, kinds }: Vocabulary): Record<string, number> {
  return Object.fromEntries(tokens.flatMap((token, id) => (kinds[id] === KIND.unused ? [] : [[token, id] as const])));
}

/** Control tokens are special; those a person defined are found whole in a text and are no more than text. */
function addedTokens({ tokens, kinds }: Vocabulary): object[] {
  return tokens.flatMap((content, id) => {
    const kind = kinds[id];
    if (kind !== KIND.control && kind !== KIND.userDefined && kind !== KIND.unknown) return [];
    return [{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: kind !== KIND.userDefined }];
  });
}

function configOf(metadata: Metadata, tokens: readonly string[], isPieces: boolean): Record<string, unknown> {
  const template = metadata.get('tokenizer.chat_template');
  const addsBos = metadata.get('tokenizer.ggml.add_bos_token') ?? (isPieces || metadata.get('tokenizer.ggml.pre') === 'llama-bpe');
  const named = { bos_token: 'bos', eos_token: 'eos', unk_token: 'unknown', pad_token: 'padding' };
  const special = Object.entries(named).flatMap(([key, name]) => {
    const text = tokenText(metadata, name, tokens);
    return text === undefined ? [] : [[key, text] as const];
  });
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    clean_up_tokenization_spaces: false,
    add_bos_token: addsBos === true,
    ...Object.fromEntries(special),
    ...(typeof template === 'string' && { chat_template: template }),
  };
}

function tokenText(metadata: Metadata, role: string, tokens: readonly string[]): string | undefined {
  const id = metadata.get(`tokenizer.ggml.${role}_token_id`);
  return typeof id === 'number' ? tokens[id] : undefined;
}

/** Puts the first token before every text that is encoded with special tokens. */
function beginningWith(bos: string | undefined, tokens: readonly string[]): object | null {
  if (bos === undefined) return null;
  const first = { SpecialToken: { id: bos, type_id: 0 } };
  return {
    type: 'TemplateProcessing',
    single: [first, { Sequence: { id: 'A', type_id: 0 } }],
    pair: [first, { Sequence: { id: 'A', type_id: 0 } }, { Sequence: { id: 'B', type_id: 1 } }],
    special_tokens: { [bos]: { id: bos, ids: [tokens.indexOf(bos)], tokens: [bos] } },
  };
}

function listOf(metadata: Metadata, name: string, type: 'string', file: string): readonly string[] | undefined;
function listOf(metadata: Metadata, name: string, type: 'number', file: string): readonly number[] | undefined;
function listOf(metadata: Metadata, name: string, type: 'string' | 'number', file: string): readonly unknown[] | undefined {
  const key = `tokenizer.ggml.${name}`;
  const value = metadata.get(key);
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || value.some((item) => typeof item !== type))
    return fail(file, key, `a list of ${type === 'string' ? 'texts' : 'numbers'}`, value);
  return value;
}

function fail(
  file: string,
  key: string,
  expected: string,
  got: unknown,
  remedy = 'The file is damaged, or of a kind that is not read; take tokenizer.json from the model’s own folder.',
): never {
  const said = typeof got === 'object' ? 'a list of others' : String(got).slice(0, 40);
  throw new DataError(`${file}: expected ${key} to be ${expected}, got ${said}. ${remedy}`);
}
