/** The right answers to a prompt that are known: those enumerated up to a length, and all that were ever sampled, as far as there is room. */

import { enumerateAnswers, NUMBER_VOCABULARY, type NumberTask, parseNumberQuestion } from '../../src/index.ts';

/** Answers kept from one measurement to the next: the likeliest. */
const ROOM = 224;
/** Of those that were not sampled just now, so many of the likeliest are asked about every time, and so many of the others in turn. */
const LIKELIEST = 48;
const IN_TURN = 16;
/** Enumeration goes up to the length at which more than this many are known. */
const ENUMERATED = 200;
const LONGEST_ENUMERATED = 5;

export interface KnownAnswer {
  readonly text: string;
  /** Token ids, end token included. */
  readonly tokens: Uint32Array;
}

interface Standing extends KnownAnswer {
  /** When it was last asked about. */
  readonly logProb: number;
  readonly askedAt: number;
}

export class AnswerPool {
  #known: Map<string, Standing>;
  readonly #fresh: Set<string>;
  #measurement = 0;

  constructor(prompt: string, endId: number, task: NumberTask) {
    this.#known = new Map(enumerated(prompt, task).map((text) => [text, unasked(text, tokensOf(text, endId))]));
    this.#fresh = new Set(this.#known.keys());
  }

  /** Takes in an answer that was sampled just now. */
  add(text: string, tokens: Uint32Array): void {
    if (!this.#known.has(text)) this.#known.set(text, unasked(text, tokens));
    this.#fresh.add(text);
  }

  /** Whose probabilities to measure: what was sampled since the last time, the likeliest, and some of the others, so that each has its turn. */
  ask(): readonly KnownAnswer[] {
    const ranked = [...this.#known.values()].filter(({ text }) => !this.#fresh.has(text)).toSorted((a, b) => b.logProb - a.logProb);
    const others = ranked.slice(LIKELIEST).toSorted((a, b) => a.askedAt - b.askedAt);
    return [...[...this.#fresh].map((text) => this.#known.get(text)!), ...ranked.slice(0, LIKELIEST), ...others.slice(0, IN_TURN)];
  }

  /** Takes the log-prob of each that was asked about and returns the likeliest of them, likeliest first; forgets those for which there is no room. */
  rank(
    asked: readonly KnownAnswer[],
    logProbs: ArrayLike<number>,
    count: number,
  ): { readonly answers: readonly string[]; readonly probabilities: readonly number[] } {
    this.#measurement++;
    const measured = asked.map(({ text, tokens }, place): Standing => ({ text, tokens, logProb: logProbs[place]!, askedAt: this.#measurement }));
    for (const standing of measured) this.#known.set(standing.text, standing);
    this.#fresh.clear();
    const kept = [...this.#known.values()].toSorted((a, b) => b.logProb - a.logProb).slice(0, ROOM);
    this.#known = new Map(kept.map((standing) => [standing.text, standing]));
    const best = measured.toSorted((a, b) => b.logProb - a.logProb).slice(0, count);
    return { answers: best.map(({ text }) => text), probabilities: best.map(({ logProb }) => Math.exp(logProb)) };
  }
}

function unasked(text: string, tokens: Uint32Array): Standing {
  return { text, tokens, logProb: Number.NEGATIVE_INFINITY, askedAt: 0 };
}

/** All right answers of the fewest digits, then of one more, while there are few enough. */
function enumerated(prompt: string, task: NumberTask): string[] {
  const question = parseNumberQuestion(prompt);
  if (!question) return [];
  let found: string[] = [];
  for (let digits = 1; digits <= LONGEST_ENUMERATED; digits++) {
    const longer: string[] = [];
    for (const answer of enumerateAnswers(question, digits, task)) {
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
