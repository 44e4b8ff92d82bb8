/**
 * How the numbers of a weight matrix lie in 32-bit words: packed formats that a kernel turns into f32 as it reads them.
 *
 *   f16, bf16    two numbers a word, the first in the lower half
 *   q8_0         64 numbers in 17 words: two float16 scales d; then, block by block of 32, a signed byte q each        d · q
 *   q4_0         64 numbers in  9 words: two scales; 16 bytes a block, number i in a low nibble, i + 16 in the high    d · (q − 8)
 *   q4_1         64 numbers in 10 words: two scales, two offsets m; nibbles as in q4_0                                 d · q + m
 *
 * The blocks are GGUF's of the same names, their bytes as they are; only the scales of two blocks are put side by side, so that all else begins
 * at a whole word. `shaders/lib/weights.wgsl` reads the same.
 *
 * @source ggml, `ggml-common.h`
 */

import { floatOfBfloat16, floatOfHalf } from '../base/half.ts';

export type PackedFormat = 'f16' | 'bf16' | 'q8_0' | 'q4_0' | 'q4_1';
export type WeightFormat = 'f32' | PackedFormat;

export interface PackedLayout {
  /** FORMAT of the shaders. */
  readonly code: number;
  /** Numbers of a run, and the words they take. */
  readonly run: number;
  readonly words: number;
  /** Words of scales and offsets before a run's numbers. */
  readonly head: number;
}

export const PACKED_LAYOUTS: Readonly<Record<PackedFormat, PackedLayout>> = {
  f16: { code: 0, run: 2, words: 1, head: 0 },
  bf16: { code: 1, run: 2, words: 1, head: 0 },
  q8_0: { code: 2, run: 64, words: 17, head: 1 },
  q4_0: { code: 3, run: 64, words: 9, head: 1 },
  q4_1: { code: 4, run: 64, words: 10, head: 2 },
};

export const PACKED_FORMATS = Object.keys(PACKED_LAYOUTS) as readonly PackedFormat[];

/** Formats whose numbers come in blocks of 32 that share a scale, and what GGUF calls them. */
export const BLOCK_TYPES = { q8_0: 'Q8_0', q4_0: 'Q4_0', q4_1: 'Q4_1' } as const;
export type BlockFormat = keyof typeof BLOCK_TYPES;

export function isBlockFormat(format: WeightFormat): format is BlockFormat {
  return format in BLOCK_TYPES;
}

/** Words that so many numbers take. */
export function wordsOf(format: WeightFormat, count: number): number {
  if (format === 'f32') return count;
  const { run, words } = PACKED_LAYOUTS[format];
  return Math.ceil(count / run) * words;
}

/** Number `index` of a packed matrix. */
export function weightOf(format: PackedFormat, words: ArrayLike<number>, index: number): number {
  const lane = index & 1;
  if (format === 'f16') return floatOfHalf(halfOf(words[index >>> 1]!, lane));
  if (format === 'bf16') return floatOfBfloat16(halfOf(words[index >>> 1]!, lane));
  const layout = PACKED_LAYOUTS[format];
  const base = Math.floor(index / layout.run) * layout.words;
  const block = (index >>> 5) & 1;
  const scale = floatOfHalf(halfOf(words[base]!, block));
  const at = index & 31;
  if (format === 'q8_0') {
    const word = words[base + layout.head + block * 8 + (at >>> 2)]!;
    return scale * ((word << (24 - 8 * (at & 3))) >> 24);
  }
  const word = words[base + layout.head + block * 4 + ((at & 15) >>> 2)]!;
  const nibble = (word >>> (8 * (at & 3) + 4 * (at >>> 4))) & 15;
  if (format === 'q4_0') return scale * (nibble - 8);
  return Math.fround(scale * nibble + floatOfHalf(halfOf(words[base + 1]!, block)));
}

function halfOf(word: number, lane: number): number {
  return (word >>> (16 * lane)) & 0xffff;
}

/** The constants that `lib/weights.wgsl` needs. */
export function formatConstants(format: PackedFormat): Readonly<Record<'FORMAT' | 'RUN_WORDS' | 'RUN_HEAD', number>> {
  const { code, words, head } = PACKED_LAYOUTS[format];
  return { FORMAT: code, RUN_WORDS: words, RUN_HEAD: head };
}
