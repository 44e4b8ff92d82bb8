/** Text to token ids and back, as a model's `tokenizer.json` says. */

import { DataError } from '../base/errors.ts';
import { mendByteFallback } from './byte-fallback.ts';
import { checkTokenizerJson, type TokenizerJson } from './check-tokenizer-json.ts';
import type { ChatTemplate, SpecialTokens } from './chat-template.ts';
import { configuredTemplate } from './configured-template.ts';
import { HubTokenizer } from './hub-tokenizer.ts';

/** Text to tokens and back. */
export interface Tokenizer {
  /** One more than the largest id; a model's table may have more rows, never fewer. */
  readonly vocabSize: number;
  /** Special tokens written out in the text are recognised. `addSpecialTokens` (default false) adds those of the post-processor, such as a first `<bos>`. */
  encode(text: string, options?: { readonly addSpecialTokens?: boolean }): Uint32Array;
  /** Ids that name no token are passed over. `skipSpecialTokens` (default false) leaves special tokens out. */
  decode(ids: ArrayLike<number>, options?: { readonly skipSpecialTokens?: boolean }): string;
  idOf(token: string): number | undefined;
  tokenOf(id: number): string | undefined;
  /** Whether a token steers the model and is no part of the text, such as an end token. */
  isSpecial(id: number): boolean;
  readonly specialTokens: SpecialTokens;
  /** How the model was taught to read conversations; null for a model of plain text. */
  readonly chatTemplate: ChatTemplate | null;
}

/** The files of a tokenizer, parsed. */
export interface TokenizerFiles {
  readonly tokenizerJson: unknown;
  readonly tokenizerConfig?: unknown;
  /** Text of `chat_template.jinja`; it wins over the template in the configuration. */
  readonly chatTemplate?: string;
  /** How errors call the source. */
  readonly file?: string;
}

/**
 * Makes a tokenizer from parsed files. Decoding is the inverse of encoding: spaces are never cleaned up, whatever
 * `tokenizer_config.json` asks for, since a policy must be judged by what it wrote.
 *
 * @throws DataError if the files are not those of a tokenizer, or one of an unknown kind, or the chat template is no template
 */
export async function loadTokenizer(options: TokenizerFiles): Promise<Tokenizer> {
  const file = options.file ?? 'tokenizer.json';
  const tokenizerConfig = options.tokenizerConfig ?? {};
  const tokenizerJson = checkTokenizerJson(options.tokenizerJson, file);
  const hub = openHubTokenizer(tokenizerJson, tokenizerConfig, file);
  if (hub.decoder) mendByteFallback(hub.decoder);
  const special = specialIds(tokenizerJson);
  const chatTemplate = await openChatTemplate(options, file);
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
    isSpecial: (id) => special.has(id),
    specialTokens: readSpecialTokens(tokenizerConfig),
    chatTemplate,
  };
}

/** The reader of templates is loaded only for a model that has one. */
async function openChatTemplate({ chatTemplate, tokenizerConfig }: TokenizerFiles, file: string): Promise<ChatTemplate | null> {
  const beside = (name: string): string => file.replace(/[^/\\]*$/, name);
  const configFile = beside('tokenizer_config.json');
  const source = chatTemplate ?? configuredTemplate(tokenizerConfig, configFile);
  if (source === null) return null;
  const { parseChatTemplate } = await import('./chat-template.ts');
  return parseChatTemplate(source, chatTemplate === undefined ? configFile : beside('chat_template.jinja'));
}

function specialIds({ added_tokens: added }: TokenizerJson): ReadonlySet<number> {
  return new Set(added.filter(({ special }) => special === true).map(({ id }) => Number(id)));
}

/** A token stands there as its text, or as an object with a `content`. */
function readSpecialTokens(config: unknown): SpecialTokens {
  const textOf = (role: string): string | undefined => {
    const value: unknown = isRecord(config) ? config[`${role}_token`] : undefined;
    const text = isRecord(value) ? value['content'] : value;
    return typeof text === 'string' ? text : undefined;
  };
  const roles = ['bos', 'eos', 'unk', 'pad'] as const;
  return Object.fromEntries(roles.flatMap((role) => [[role, textOf(role)] as const]).filter(([, text]) => text !== undefined));
}

function openHubTokenizer(json: TokenizerJson, config: unknown, file: string): HubTokenizer {
  if (!isRecord(config))
    throw new DataError(
      `${file}: expected a tokenizer_config.json that is an object, got ${JSON.stringify(config)?.slice(0, 60)}. The file is damaged; download it again.`,
    );
  try {
    return new HubTokenizer(json, config);
  } catch (cause) {
    throw new DataError(`${file}: expected a tokenizer that can be read, got: ${String(cause)}. The file is damaged or of a newer kind.`, { cause });
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
