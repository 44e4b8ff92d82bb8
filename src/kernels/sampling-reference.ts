/** The sampler in float64, one row at a time: penalty, entropy, filters, and a race of exponential numbers. */

import { philox, uniformOf, type Key } from '../base/random.ts';

export interface SampleOptions {
  /** The rows of logits are the rows of state from this one on. */
  readonly firstRow: number;
  readonly count: number;
  readonly vocabulary: number;
  readonly stopCount: number;
  readonly maxTokens: number;
  /** 0 is greedy. */
  readonly temperature: number;
  /** 0 is off. */
  readonly topK: number;
  /** 1 is off. */
  readonly topP: number;
  /** 0 is off. */
  readonly minP: number;
  /** 1 is off. */
  readonly repetitionPenalty: number;
  readonly key: Key;
}

export interface SampleArrays {
  readonly logits: Float64Array;
  readonly state: Uint32Array;
  readonly seen: Uint32Array;
  readonly stops: Uint32Array;
  readonly tokens: Uint32Array;
  readonly logProbs: Float64Array;
  readonly entropies: Float64Array;
}

export const STATE_ROW = 4;

export function sampleTokensReference(arrays: SampleArrays, options: SampleOptions): void {
  const { state, tokens, logProbs, entropies } = arrays;
  const { firstRow, count, vocabulary, maxTokens, stopCount } = options;
  for (let j = 0; j < count; j++) {
    const row = firstRow + j;
    const [rowId = 0, length = 0, finished = 0] = state.subarray(row * STATE_ROW, (row + 1) * STATE_ROW);
    if (finished !== 0 || length >= maxTokens) continue;
    const logits = arrays.logits.subarray(j * vocabulary, (j + 1) * vocabulary);
    const words = Math.ceil(vocabulary / 32);
    const seen = options.repetitionPenalty === 1 ? null : arrays.seen.subarray(row * words, (row + 1) * words);
    const at = row * maxTokens + length;
    entropies[at] = entropyOf(logits, options.temperature || 1);
    if (seen) penalise(logits, seen, options.repetitionPenalty);
    const { token, logProb } = drawToken(logits, rowId, length, options);
    tokens[at] = token;
    logProbs[at] = logProb;
    const isStop = arrays.stops.subarray(0, stopCount).includes(token);
    state.set([rowId, length + 1, isStop || length + 1 >= maxTokens ? 1 : 0, token], row * STATE_ROW);
    if (seen) seen[token >>> 5]! |= 1 << (token & 31);
  }
}

function entropyOf(logits: Float64Array, temperature: number): number {
  const highest = logits.reduce((most, x) => Math.max(most, x));
  let mass = 0;
  let moment = 0;
  for (const x of logits) {
    const d = (x - highest) / temperature;
    mass += Math.exp(d);
    moment += d * Math.exp(d);
  }
  return Math.log(mass) - moment / mass;
}

function penalise(logits: Float64Array, seen: Uint32Array, penalty: number): void {
  logits.forEach((x, v) => {
    if ((seen[v >>> 5]! >>> (v & 31)) & 1) logits[v] = x > 0 ? x / penalty : x * penalty;
  });
}

/** The winner of a race in which token v arrives after E[v] / e[v]: each wins with its probability. Greedy: the first of the largest. */
function drawToken(logits: Float64Array, rowId: number, length: number, options: SampleOptions): { token: number; logProb: number } {
  const { temperature, key } = options;
  const isGreedy = temperature === 0;
  const scale = temperature || 1;
  const highest = logits.reduce((most, x) => Math.max(most, x));
  const keeps = isGreedy ? () => true : keptBy(logits, highest, options);
  let token = 0;
  let best = Number.NEGATIVE_INFINITY;
  let mass = 0;
  for (let v = 0; v < logits.length; v++) {
    if (!keeps(logits[v]!)) continue;
    const e = Math.exp((logits[v]! - highest) / scale);
    mass += e;
    const word = isGreedy ? 0 : philox([rowId, length, v >>> 2, 0], key)[v & 3]!;
    const score = isGreedy ? logits[v]! - highest : e / -Math.log(uniformOf(word));
    if (score > best) {
      best = score;
      token = v;
    }
  }
  return { token, logProb: (logits[token]! - highest) / scale - Math.log(mass) };
}

/**
 * Whether a logit survives top-k, then top-p among those, then min-p.
 *
 * Top-p keeps the fewest most likely tokens whose mass reaches `topP`, the one that crosses it included. All that tie with the last kept stay.
 */
export function keptBy(
  logits: Float64Array,
  highest: number,
  { temperature, topK, topP, minP }: Pick<SampleOptions, 'temperature' | 'topK' | 'topP' | 'minP'>,
): (x: number) => boolean {
  const falling = logits.toSorted((a, b) => b - a);
  let lowest = topK > 0 && topK < logits.length ? falling[topK - 1]! : falling.at(-1)!;
  if (topP < 1) {
    const candidates = falling.filter((x) => x >= lowest);
    const masses = candidates.map((x) => Math.exp((x - highest) / temperature));
    const enough = topP * masses.reduce((sum, e) => sum + e, 0);
    let mass = 0;
    const last = masses.findIndex((e) => (mass += e) >= enough);
    if (last >= 0) lowest = candidates[last]!;
  }
  const logMinP = minP > 0 ? Math.log(minP) : Number.NEGATIVE_INFINITY;
  return (x) => x >= lowest && (x - highest) / temperature >= logMinP;
}
