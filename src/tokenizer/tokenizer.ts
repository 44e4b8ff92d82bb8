/** Text to token ids and back, as a model's `tokenizer.json` says. */

import { DataError } from '../base/errors.ts';
import { mendByteFallback } from './byte-fallback.ts';
import { HubTokenizer } from './hub-tokenizer.ts';

export interface Tokenizer {
  /** One more than the largest id; a model's table may have more rows, never fewer. */
  readonly vocabSize: number;
  /** Special tokens written out in the text are recognised. `addSpecialTokens` (default false) adds those of the post-processor, such as a first `<bos>`. */
  encode(text: string, options?: { readonly addSpecialTokens?: boolean }): Uint32Array;
  /** Ids that name no token are passed over. `skipSpecialTokens` (default false) leaves special tokens out. */
  decode(ids: ArrayLike<number>, options?: { readonly skipSpecialTokens?: boolean }): string;
  idOf(token: string): number | undefined;
  tokenOf(id: number): string | undefined;
}

/** Kinds of tokenizer model that the library encodes as the reference does; it guesses at others. */
const MODEL_TYPES = ['BPE', 'Unigram', 'WordPiece'];

/**
 * Makes a tokenizer from parsed files. Decoding is the inverse of encoding: spaces are never cleaned up, whatever
 * `tokenizer_config.json` asks for, since a policy must be judged by what it wrote.
 *
 * @param options.file how errors call the source
 * @throws DataError if the files are not those of a tokenizer, or one of an unknown kind
 */
export function loadTokenizer(options: {
  readonly tokenizerJson: unknown;
  readonly tokenizerConfig?: unknown;
  readonly file?: string;
}): Tokenizer {
  const file = options.file ?? 'tokenizer.json';
  const hub = openHubTokenizer(options.tokenizerJson, options.tokenizerConfig ?? {}, file);
  if (hub.decoder) mendByteFallback(hub.decoder);
  return {
    vocabSize: 1 + largestId(hub),
    encode(text, { addSpecialTokens = false } = {}) {
      return Uint32Array.from(hub.encode(text, { add_special_tokens: addSpecialTokens }).ids);
    },
    decode(ids, { skipSpecialTokens = false } = {}) {
      const known = Array.from(ids).filter((id) => hub.id_to_token(id) !== undefined);
      if (known.length === 0) return '';
      return hub.decode(known, { skip_special_tokens: skipSpecialTokens, clean_up_tokenization_spaces: false });
    },
    idOf: (token) => hub.token_to_id(token),
    tokenOf: (id) => hub.id_to_token(id),
  };
}

function openHubTokenizer(json: unknown, config: unknown, file: string): HubTokenizer {
  const model: unknown = isRecord(json) ? json['model'] : undefined;
  if (!isRecord(json) || !isRecord(model) || !isRecord(config)) {
    throw new DataError(
      `${file}: expected a tokenizer with a model, got ${JSON.stringify(json)?.slice(0, 60) ?? 'nothing'}. Use the tokenizer.json of a fast tokenizer.`,
    );
  }
  const type = model['type'] ?? 'BPE';
  if (typeof type !== 'string' || !MODEL_TYPES.includes(type)) {
    throw new DataError(
      `${file}: expected a model of type ${MODEL_TYPES.join(', ')}, got ${String(type)}. Choose a model with one of these tokenizers.`,
    );
  }
  try {
    return new HubTokenizer({ added_tokens: [], ...json }, config);
  } catch (cause) {
    throw new DataError(
      `${file}: expected a tokenizer that can be read, got: ${String(cause)}. The file is damaged or of a newer kind.`,
      { cause },
    );
  }
}

function largestId(hub: HubTokenizer): number {
  let largest = -1;
  for (const id of hub.get_vocab().values()) largest = Math.max(largest, id);
  return largest;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
