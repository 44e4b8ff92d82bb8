/** Conversations as token ids, and the token that ends an answer. */

import { DataError } from '../base/errors.ts';
import type { ChatMessage } from './chat-template.ts';
import type { Tokenizer } from './tokenizer.ts';

export interface EncodedChat {
  readonly text: string;
  readonly ids: Uint32Array;
}

/**
 * Renders a conversation with the model's chat template and encodes it. Nothing is added to what the template writes, as in
 * transformers: a template that wants a first `<bos>` writes it.
 *
 * @throws DataError if the model has no template, or the template refuses the conversation
 */
export function encodeChat(
  tokenizer: Tokenizer,
  messages: readonly ChatMessage[],
  options: { readonly addGenerationPrompt: boolean; readonly variables?: Readonly<Record<string, unknown>> },
): EncodedChat {
  const { chatTemplate: template, specialTokens } = tokenizer;
  if (!template)
    throw new DataError(
      'chat template: expected one in tokenizer_config.json or chat_template.jinja, got none. Give the prompt as text, or add the template of the model.',
    );
  const text = template.render({ ...options, messages, specialTokens });
  return { text, ids: tokenizer.encode(text) };
}

/** Stands for what the assistant says; no template has it in its own words. */
const ANSWER = 'zqxanswerqxz';

/**
 * The special token that follows the assistant's text when a question and its answer are rendered: what a model taught by this
 * template writes when it has answered, whatever its configuration calls the end token.
 *
 * @returns null where there is no template, or no special token follows
 */
export function answerEndId(tokenizer: Tokenizer): number | null {
  if (!tokenizer.chatTemplate) return null;
  let text: string;
  try {
    const messages = [
      { role: 'user', content: 'question' },
      { role: 'assistant', content: ANSWER },
    ];
    ({ text } = encodeChat(tokenizer, messages, { addGenerationPrompt: false }));
  } catch (error) {
    // A template that takes other roles than these two says nothing about them.
    if (error instanceof DataError) return null;
    throw error;
  }
  const place = text.lastIndexOf(ANSWER);
  if (place < 0) return null;
  const [first] = tokenizer.encode(text.slice(place + ANSWER.length).trimStart());
  return first !== undefined && tokenizer.isSpecial(first) ? first : null;
}

/**
 * Refuses a prompt that begins with the first token twice: the text or the template wrote it, and the tokenizer put another before it.
 *
 * @throws DataError
 */
export function refuseDoubledBos(ids: ArrayLike<number>, tokenizer: Tokenizer, subject: string): void {
  const { bos } = tokenizer.specialTokens;
  const id = bos === undefined ? undefined : tokenizer.idOf(bos);
  if (id === undefined || ids[0] !== id || ids[1] !== id) return;
  throw new DataError(
    `${subject}: expected ${bos} once at its beginning, got it twice. Take it out of the text: the tokenizer or the chat template writes it.`,
  );
}
