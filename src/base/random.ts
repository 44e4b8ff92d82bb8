/**
 * Counter-based random numbers: every number is a pure function of a key and a counter, so nothing has to be
 * saved to resume a run, and no draw depends on how a batch is laid out.
 *
 * The generator is Philox4x32-10. The same function stands in `shaders/lib/random.wgsl`, so host and device agree bit for bit.
 *
 * @source Salmon, Moraes, Dror, Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3"
 */

import { log } from './exponential.ts';

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;

/** High 32 bits of the 64-bit product of two unsigned 32-bit integers. */
function multiplyHigh(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const low = a0 * b0;
  const mid1 = a1 * b0 + (low >>> 16);
  const mid2 = a0 * b1 + (mid1 & 0xffff);
  return (a1 * b1 + Math.floor(mid1 / 0x10000) + Math.floor(mid2 / 0x10000)) >>> 0;
}

export type Key = readonly [number, number];
export type Counter = readonly [number, number, number, number];

/** Four 32-bit words from a key and a counter. */
export function philox(counter: Counter, key: Key): [number, number, number, number] {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(M0, c0);
    const low0 = Math.imul(M0, c0) >>> 0;
    const high1 = multiplyHigh(M1, c2);
    const low1 = Math.imul(M1, c2) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + W0) >>> 0;
    k1 = (k1 + W1) >>> 0;
  }
  return [c0, c1, c2, c3];
}

/** FNV-1a of a name, so that a stream can be called by what it is for. */
function hashName(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** A stream of random numbers, named by its key. Streams are values: forking one changes nothing. */
export class Random {
  readonly key: Key;

  constructor(key: Key) {
    this.key = key;
  }

  /** The root stream of a run. */
  static seeded(seed: number): Random {
    return new Random([seed >>> 0, Math.floor(seed / 0x1_0000_0000) >>> 0]);
  }

  /** The stream of one step. */
  at(step: number): Random {
    return this.#derive(step >>> 0, 1);
  }

  /** The stream for one purpose. */
  fork(name: string): Random {
    return this.#derive(hashName(name), 2);
  }

  #derive(word: number, domain: number): Random {
    const [a, b] = philox([word, 0, 0, domain], this.key);
    return new Random([a, b]);
  }

  /** Four words at a counter. */
  words(a: number, b = 0, c = 0, d = 0): [number, number, number, number] {
    return philox([a >>> 0, b >>> 0, c >>> 0, d >>> 0], this.key);
  }

  /** A number in (0, 1), never 0 and never 1, the same on the device: (word's top 23 bits + ½) / 2²³. */
  uniform(a: number, b = 0, c = 0, d = 0): number {
    return uniformOf(this.words(a, b, c, d)[0]);
  }

  /** An integer in [0, n), unbiased to within n / 2³². */
  below(n: number, a: number, b = 0): number {
    return multiplyHigh(this.words(a, b)[0], n);
  }

  /** A standard normal number (Marsaglia's polar method, so only log and sqrt are used). */
  normal(a: number, b = 0): number {
    for (let attempt = 0; ; attempt++) {
      const [w0, w1] = this.words(a, b, attempt, 3);
      const x = 2 * uniformOf(w0) - 1;
      const y = 2 * uniformOf(w1) - 1;
      const s = x * x + y * y;
      if (s > 0 && s < 1) return x * Math.sqrt((-2 * log(s)) / s);
    }
  }

  /** The integers 0 … n − 1 in a random order (Fisher–Yates). */
  permutation(n: number): Uint32Array {
    const order = Uint32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = this.below(i + 1, i);
      const held = order[i]!;
      order[i] = order[j]!;
      order[j] = held;
    }
    return order;
  }
}

/** Maps a 32-bit word into (0, 1); exact in f32, so host and device agree. */
export function uniformOf(word: number): number {
  return ((word >>> 9) + 0.5) / 0x80_0000;
}
