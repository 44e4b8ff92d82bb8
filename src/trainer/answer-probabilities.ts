/** How likely a policy is to give an answer: exact, by reading the answer to it (teacher forcing) rather than by sampling. */

import { DataError } from '../base/errors.ts';
import type { Learner } from '../engines/learner.ts';
import type { PackedGroup } from '../model/packing.ts';

/** A prompt and completions of it, all as token ids; an end token that belongs to a completion is its last. */
export interface AskedCompletions {
  readonly prompt: Uint32Array;
  readonly completions: readonly Uint32Array[];
}

/** At which temperature answers are asked for, and the room of their tables. */
export interface AnswerOptions {
  readonly temperature: number;
  /** Completions looked at together: at most the rows of the learner's largest mini-batch. */
  readonly rows: number;
  /** The longest completion; at most that of the learner. */
  readonly length: number;
}

interface AskedRow {
  readonly question: number;
  readonly place: number;
}

/**
 * Returns the log-probability of each completion, given its prompt: the sum over its tokens, nats.
 *
 *   ln P(completion | prompt) = Σ_t ln p(token_t | prompt, tokens before t)
 *
 * Completions of one prompt share it in one packed batch. The learner's tables are used: call it between steps.
 *
 * @returns per question, one number per completion in its order
 * @throws DataError if a completion is empty or longer than `length`
 */
export async function answerLogProbs(
  learner: Learner,
  asked: readonly AskedCompletions[],
  { temperature, rows, length }: AnswerOptions,
): Promise<Float64Array[]> {
  const results = asked.map(({ completions }) => new Float64Array(completions.length));
  const all = asked.flatMap(({ completions }, question) => completions.map((tokens, place) => checked(tokens, length) && { question, place }));
  for (let start = 0; start < all.length; start += rows) {
    const chunk = all.slice(start, start + rows);
    const stats = learner.policyStats(packed(asked, chunk, length), chunk.length, length, temperature);
    const logProbs = await learner.device.read(stats.logProbs);
    chunk.forEach(({ question, place }, row) => {
      const tokens = asked[question]!.completions[place]!.length;
      for (let t = 0; t < tokens; t++) results[question]![place]! += logProbs[row * length + t]!;
    });
  }
  return results;
}

function checked(tokens: Uint32Array, length: number): true {
  if (tokens.length === 0 || tokens.length > length)
    throw new DataError(`completion: expected 1 to ${length} tokens, got ${tokens.length}. An end token counts.`);
  return true;
}

function packed(asked: readonly AskedCompletions[], chunk: readonly AskedRow[], length: number): PackedGroup[] {
  return asked.flatMap(({ prompt, completions }, question) => {
    const continuations = chunk.flatMap((row, index) => (row.question === question ? [{ targets: completions[row.place]!, slot: index * length }] : []));
    return continuations.length > 0 ? [{ prompt, continuations }] : [];
  });
}
