/** From prompts to token ids: plain text as it stands, conversations through the model's chat template. */

import { DataError } from '../base/errors.ts';
import type { Message, Prompt, PromptSet } from '../data/prompt.ts';
import { encodeChat, refuseDoubledBos } from '../tokenizer/chat.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import type { Recipe } from './recipe.ts';

export interface RenderedPrompt {
  /** As the model reads it, without what the tokenizer puts before a plain text. */
  readonly text: string;
  /** Whole, however long. */
  readonly ids: Uint32Array;
}

/**
 * Renders one prompt: a conversation gets the system turn of `data.system_prompt` where it has none of its own, and ends where the
 * assistant's answer begins.
 *
 * @throws DataError if the model has no chat template for a conversation, or the first token stands there twice
 */
export function renderPrompt(prompt: Prompt, { data }: Pick<Recipe, 'data'>, tokenizer: Tokenizer): RenderedPrompt {
  const subject = `prompt ${prompt.id}`;
  const rendered = prompt.text === undefined ? renderMessages(prompt, data, tokenizer) : renderText(prompt.text, subject, data, tokenizer);
  refuseDoubledBos(rendered.ids, tokenizer, subject);
  return rendered;
}

function renderText(text: string, subject: string, { systemPrompt }: Recipe['data'], tokenizer: Tokenizer): RenderedPrompt {
  if (systemPrompt !== null) {
    throw new DataError(
      `${subject}: expected a conversation, since data.system_prompt is set, got text. Write the prompt as [{"role": "user", "content": …}].`,
    );
  }
  return { text, ids: tokenizer.encode(text, { addSpecialTokens: true }) };
}

function renderMessages({ id, messages = [] }: Prompt, { systemPrompt, chatTemplateKwargs }: Recipe['data'], tokenizer: Tokenizer): RenderedPrompt {
  const system: Message[] = systemPrompt === null || messages[0]?.role === 'system' ? [] : [{ role: 'system', content: systemPrompt }];
  try {
    return encodeChat(tokenizer, [...system, ...messages], { addGenerationPrompt: true, variables: chatTemplateKwargs });
  } catch (error) {
    throw error instanceof DataError ? new DataError(`prompt ${id}: ${error.message}`, { cause: error }) : error;
  }
}

/** A function from prompts to token ids that remembers them. Long prompts are cut where the recipe says so. */
export function promptEncoder(recipe: Recipe, tokenizer: Tokenizer): (prompt: Prompt) => Uint32Array {
  const { maxPromptLength: limit, overlong } = recipe.data;
  const known = new Map<string, Uint32Array>();
  return (prompt) => {
    const key = prompt.text ?? JSON.stringify(prompt.messages);
    const found = known.get(key);
    if (found) return found;
    const { ids: whole } = renderPrompt(prompt, recipe, tokenizer);
    const ids = whole.length <= limit ? whole : cut(whole, limit, overlong);
    known.set(key, ids);
    return ids;
  };
}

function cut(ids: Uint32Array, limit: number, overlong: Recipe['data']['overlong']): Uint32Array {
  if (overlong === 'left') return ids.slice(ids.length - limit);
  if (overlong === 'middle') return Uint32Array.from([...ids.subarray(0, Math.ceil(limit / 2)), ...ids.subarray(ids.length - Math.floor(limit / 2))]);
  return ids;
}

/** What is worth a warning about how prompts meet the model, one sentence each. */
export function promptWarnings(set: PromptSet, tokenizer: Tokenizer): string[] {
  return [...templateWarnings(set, tokenizer), ...characterWarnings(set, tokenizer)];
}

function templateWarnings({ prompts, name }: PromptSet, tokenizer: Tokenizer): string[] {
  const plain = prompts.filter(({ text }) => text !== undefined).length;
  if (plain === 0 || tokenizer.chatTemplate === null) return [];
  const which = plain === prompts.length ? 'its prompts are' : `${plain} of its ${prompts.length} prompts are`;
  return [
    `${name}: ${which} plain text and the model has a chat template, which is not applied to text. Write prompts as messages to talk to the model as it was taught.`,
  ];
}

/** A small vocabulary without a token for the unknown drops what it does not know: the policy would be asked something else. */
function characterWarnings({ prompts, name }: PromptSet, tokenizer: Tokenizer): string[] {
  const said = prompts.map(({ text, messages = [] }) => text ?? messages.map(({ content }) => content).join(''));
  const visible = [...new Set(said.flatMap((text) => [...new Set(text)]))].filter((character) => /[^\s\p{C}\p{M}]/u.test(character));
  const unknown = visible.filter((character) => tokenizer.encode(character).length === 0);
  if (unknown.length === 0) return [];
  const count = said.filter((text) => unknown.some((character) => text.includes(character))).length;
  const shown = unknown.slice(0, 10).join(' ') + (unknown.length > 10 ? ' …' : '');
  return [
    `${name}: ${count} of its ${prompts.length} prompts have characters that the tokenizer knows no token for and leaves out: ${shown}. Write them in other characters, or take another tokenizer.`,
  ];
}
