/** A model's chat template: finding it, and rendering a conversation with it as transformers does. */

import { DataError } from '../base/errors.ts';
import { JINJA_LIMITS, JinjaOverrun, JinjaRefusal, runJinja } from './bounded-jinja.ts';
import { writeDate } from './calendar.ts';
import { type JinjaNode, parseJinja } from './jinja.ts';

export interface ChatTemplate {
  /** The file it stands in, for errors. */
  readonly file: string;
  readonly source: string;
  readonly program: JinjaNode;
  /** As `renderChat` does; who holds a template needs no jinja of its own. */
  render(conversation: Conversation): string;
}

export interface ChatMessage {
  readonly role: string;
  readonly content: string;
}

/** Texts of the special tokens by role; a template sees them as `bos_token` and so on. */
export interface SpecialTokens {
  readonly bos?: string;
  readonly eos?: string;
  readonly unk?: string;
  readonly pad?: string;
}

export interface Conversation {
  readonly messages: readonly ChatMessage[];
  /** Ends the text where the assistant's answer begins. */
  readonly addGenerationPrompt: boolean;
  readonly specialTokens?: SpecialTokens;
  /** More variables of the template, for example `enable_thinking`. */
  readonly variables?: Readonly<Record<string, unknown>>;
  /** What a template that writes the date takes for now. */
  readonly now?: Date;
}

/** The longest template known is a tenth of this. */
const MAX_TEMPLATE = 2 ** 17;

/** The library's own patterns take time in the square of a run of spaces. */
const LONG_GAP = /\s{512}/;

/**
 * Parses a template.
 *
 * @throws DataError if it is no jinja, or longer than any template
 */
export function parseChatTemplate(source: string, file: string): ChatTemplate {
  if (source.length > MAX_TEMPLATE || LONG_GAP.test(source)) {
    throw new DataError(
      `${file}: expected a chat template of at most ${MAX_TEMPLATE} characters and no gap of 512, got ${source.length}. Shorten the template.`,
    );
  }
  try {
    const template: ChatTemplate = { file, source, program: parseJinja(source), render: (conversation) => renderChat(template, conversation) };
    return template;
  } catch (cause) {
    throw new DataError(
      `${file}: expected a chat template in jinja, got: ${reasonOf(cause)}. Mend the template, or take the one the model was published with.`,
      { cause },
    );
  }
}

/**
 * Renders a conversation.
 *
 * @throws DataError with the template's own message where it refuses the conversation, and where it cannot be run or never ends
 */
export function renderChat(
  template: ChatTemplate,
  { messages, addGenerationPrompt, specialTokens = {}, variables = {}, now = new Date() }: Conversation,
): string {
  const named = Object.entries(specialTokens).map(([role, token]) => [`${role}_token`, token]);
  const given = {
    strftime_now: (format: unknown) => writeDate(now, String(format)),
    ...Object.fromEntries(named),
    messages,
    add_generation_prompt: addGenerationPrompt,
  };
  const steps = stepsFor(messages);
  try {
    return runJinja(template.program, { ...variables, ...given }, steps);
  } catch (cause) {
    throw new DataError(`${template.file}: ${complaint(cause, steps)}`, { cause });
  }
}

/** A long conversation takes an honest template longer. */
function stepsFor(messages: readonly ChatMessage[]): number {
  const { steps, stepsPerMessage, stepsPerCharacter } = JINJA_LIMITS;
  const characters = messages.reduce((sum, { content }) => sum + content.length, 0);
  return Math.ceil(steps + stepsPerMessage * messages.length + stepsPerCharacter * characters);
}

function complaint(error: unknown, steps: number): string {
  const reason = reasonOf(error);
  if (error instanceof JinjaRefusal) return `expected a conversation that the chat template takes, got its refusal: ${reason}. Change the messages.`;
  if (error instanceof JinjaOverrun) {
    return `expected a chat template that ends within ${steps} steps and values of ${JINJA_LIMITS.characters} characters, got ${reason}. Mend the template, or shorten the conversation.`;
  }
  return `expected a chat template that can be run, got: ${reason}. Mend the template.`;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
