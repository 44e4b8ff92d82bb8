/** Prompts, and the order in which a run draws them. */

import { DataError } from '../base/errors.ts';
import { Random } from '../base/random.ts';

/** One turn of a conversation. */
export interface Message {
  readonly role: string;
  readonly content: string;
}

/** What the policy is asked: exactly one of `text` and `messages`. */
export interface Prompt {
  /** Unique in its set. */
  readonly id: string;
  /** Which data it belongs to; rewards and evaluation tell sources apart by it. */
  readonly source: string;
  /** Encoded as it stands, without a chat template. */
  readonly text?: string;
  /** Rendered by the model's chat template. */
  readonly messages?: readonly Message[];
  /** The reference answer, where the data has one. */
  readonly answer?: unknown;
  /** Every column of the row, for rewards. */
  readonly columns: Readonly<Record<string, unknown>>;
}

/** The prompt as people read it: its text, or its turns one below the other. */
export function promptText({ text, messages = [] }: Prompt): string {
  return text ?? messages.map(({ role, content }) => `${role}: ${content}`).join('\n');
}

/** Prompts of one source, by index. */
export interface PromptSet {
  readonly name: string;
  readonly prompts: readonly Prompt[];
}

/**
 * A set of prompts with a name.
 *
 * @throws DataError if there is none, or two have one id
 */
export function promptSet(name: string, prompts: readonly Prompt[]): PromptSet {
  if (prompts.length === 0) throw new DataError(`${name}: expected at least one prompt, got none. Check the file and its filters.`);
  const ids = new Set<string>();
  for (const { id } of prompts) {
    if (ids.has(id)) throw new DataError(`${name}: expected every prompt's id once, got ${id} twice. Number the prompts.`);
    ids.add(id);
  }
  return { name, prompts };
}

/** An endless order of prompts, pass after pass. Its whole state is the cursor: how many prompts have been drawn. */
export interface PromptOrder {
  /** Prompts in one pass. */
  readonly size: number;
  /** The pass that the prompt at a cursor belongs to, from 0. */
  epochAt(cursor: number): number;
  /** The `count` prompts from a cursor on; the next cursor is `cursor + count`. */
  take(cursor: number, count: number): readonly Prompt[];
}

/**
 * Orders a set without replacement within a pass, each pass by a permutation that is a function of (seed, epoch) alone.
 *
 * A draw that straddles two passes may hold one prompt twice; it then stands for two groups.
 *
 * @param options.shuffle false keeps the order of the file in every pass
 */
export function promptOrder(set: PromptSet, options: { readonly seed: number; readonly shuffle?: boolean }): PromptOrder {
  const size = set.prompts.length;
  const random = Random.seeded(options.seed).fork('prompt-order');
  let held: { readonly epoch: number; readonly order: Uint32Array } | undefined;
  const orderOf = (epoch: number): Uint32Array => {
    if (held?.epoch !== epoch) held = { epoch, order: random.at(epoch).permutation(size) };
    return held.order;
  };
  const epochAt = (cursor: number): number => {
    if (Number.isSafeInteger(cursor) && cursor >= 0) return Math.floor(cursor / size);
    throw new DataError(`${set.name}: expected a cursor that is a whole number from 0 up, got ${cursor}. Start from a checkpoint's own cursor.`);
  };
  const place = (cursor: number): Prompt => {
    const epoch = epochAt(cursor);
    const index = cursor - epoch * size;
    return set.prompts[options.shuffle === false ? index : orderOf(epoch)[index]!]!;
  };
  return { size, epochAt, take: (cursor, count) => Array.from({ length: count }, (_, i) => place(cursor + i)) };
}
