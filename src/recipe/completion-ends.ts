/** Which tokens end a completion. */

import { DataError } from '../base/errors.ts';
import type { Prompt } from '../data/prompt.ts';
import type { ModelConfig } from '../model/config.ts';
import { answerEndId } from '../tokenizer/chat.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';

export interface CompletionEnds {
  /** Its `eosIds` hold every token that ends a completion. */
  readonly config: ModelConfig;
  /** The token that ends a supervised completion of a prompt. */
  endOf(prompt: Prompt): number;
}

/**
 * Gathers the tokens that end a completion. Configurations of published models name one of several, or the wrong one, so what the
 * tokenizer calls its end, and what the chat template writes after an answer, count too.
 *
 * @throws DataError if none of the three names any
 */
export function withEnds(config: ModelConfig, tokenizer: Tokenizer): CompletionEnds {
  const { eos } = tokenizer.specialTokens;
  const named = eos === undefined ? undefined : tokenizer.idOf(eos);
  const answered = answerEndId(tokenizer);
  const eosIds = [...new Set([...config.eosIds, ...(named === undefined ? [] : [named]), ...(answered === null ? [] : [answered])])];
  const [first] = eosIds;
  if (first === undefined) {
    throw new DataError(
      'model: expected an end token in generation_config.json, config.json or tokenizer_config.json, got none. Set eos_token_id in generation_config.json.',
    );
  }
  return { config: { ...config, eosIds }, endOf: ({ messages }) => (messages ? (answered ?? first) : first) };
}
