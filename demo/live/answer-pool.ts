/** The right answers to a prompt that are known: those enumerated up to a length, and all that were ever sampled, as far as there is room. */

import { enumerateAnswers, NUMBER_VOCABULARY, parseNumberQuestion } from '../../src/index.ts';

/** Answers kept from one measurement to the next: the likeliest. */
const ROOM = 224;
/** Enumeration goes up to the length at which more than this many are known. */
const ENUMERATED = 200;
const LONGEST_ENUMERATED = 5;

export interface KnownAnswer {
  readonly text: string;
  /** Token ids, end token included. */
  readonly tokens: Uint32Array;
}

export class AnswerPool {
  #known: Map<string, KnownAnswer>;

  constructor(prompt: string, endId: number) {
    this.#known = new Map(enumerated(prompt).map((text) => [text, { text, tokens: tokensOf(text, endId) }]));
  }

  get all(): readonly KnownAnswer[] {
    return [...this.#known.values()];
  }

  add(text: string, tokens: Uint32Array): void {
    if (!this.#known.has(text)) this.#known.set(text, { text, tokens });
  }

  /** Takes the log-prob of each of `all` and returns the likeliest, likeliest first; forgets those for which there is no room. */
  rank(logProbs: ArrayLike<number>, count: number): { readonly answers: readonly string[]; readonly probabilities: readonly number[] } {
    const ranked = this.all.map((answer, place) => ({ answer, logProb: logProbs[place]! })).toSorted((a, b) => b.logProb - a.logProb);
    this.#known = new Map(ranked.slice(0, ROOM).map(({ answer }) => [answer.text, answer]));
    const best = ranked.slice(0, count);
    return { answers: best.map(({ answer }) => answer.text), probabilities: best.map(({ logProb }) => Math.exp(logProb)) };
  }
}

/** All right answers of the fewest digits, then of one more, while there are few enough. */
function enumerated(prompt: string): string[] {
  const question = parseNumberQuestion(prompt);
  if (!question) return [];
  let found: string[] = [];
  for (let digits = 1; digits <= LONGEST_ENUMERATED; digits++) {
    const longer: string[] = [];
    for (const answer of enumerateAnswers(question, digits)) {
      longer.push(answer);
      if (longer.length > ENUMERATED) return found;
    }
    found = longer;
  }
  return found;
}

function tokensOf(text: string, endId: number): Uint32Array {
  return Uint32Array.from([...Array.from(text, (character) => NUMBER_VOCABULARY.indexOf(character)), endId]);
}
