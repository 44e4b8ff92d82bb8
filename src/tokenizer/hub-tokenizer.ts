/**
 * The part of `@huggingface/tokenizers` that Entrain uses, with its types.
 *
 * The package's own declarations import each other without extensions, which a strict ES-module resolution does not follow.
 */

import * as library from '@huggingface/tokenizers';

export interface HubDecoder {
  readonly config: { readonly type: string };
  /** The parts of a sequence. */
  readonly decoders?: readonly HubDecoder[];
  decode_chain(tokens: string[]): string[];
}

export interface HubTokenizer {
  readonly decoder: HubDecoder | null;
  encode(text: string, options: { readonly add_special_tokens: boolean }): { readonly ids: readonly number[] };
  /** Throws for an empty list. */
  decode(ids: readonly number[], options: { readonly skip_special_tokens: boolean; readonly clean_up_tokenization_spaces: boolean }): string;
  token_to_id(token: string): number | undefined;
  id_to_token(id: number): string | undefined;
  get_vocab(): ReadonlyMap<string, number>;
}

export const HubTokenizer: new (json: object, config: object) => HubTokenizer = library.Tokenizer;
