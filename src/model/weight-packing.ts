/** Puts numbers into the words of a packed format: see `kernels/weight-format.ts` for how they lie. */

import { bfloat16OfBits, HALF_MOST, halfOfBits } from '../base/half.ts';
import { DataError } from '../base/errors.ts';
import { type BlockFormat, isBlockFormat, PACKED_LAYOUTS, type PackedFormat, wordsOf } from '../kernels/weight-format.ts';
import { quantise } from './quantise.ts';

/**
 * Returns float32 numbers in a packed format; for blocks, of a number of them that fills whole blocks.
 *
 * @param subject how errors name the matrix
 * @throws DataError where numbers pass float16's range
 */
export function packWeights(values: Float32Array, format: Exclude<PackedFormat, 'q4_1'>, subject: string): Uint32Array {
  if (format === 'q8_0') return wordsOfBlocks(quantise(values, 'Q8_0'), format);
  if (format === 'q4_0') return wordsOfBlocks(quantise(values, 'Q4_0'), format);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const words = new Uint32Array(wordsOf(format, values.length));
  const halves = new Uint16Array(words.buffer);
  const convert = format === 'f16' ? halfOfBits : bfloat16OfBits;
  for (let i = 0; i < bits.length; i++) halves[i] = convert(bits[i]!);
  if (format === 'f16') checkRange(values, subject);
  return words;
}

function checkRange(values: Float32Array, subject: string): void {
  let [count, worst] = [0, 0];
  for (const value of values) {
    if (Math.abs(value) <= HALF_MOST) continue;
    count++;
    worst = Math.max(worst, Math.abs(value));
  }
  if (count > 0)
    throw new DataError(
      `${subject}: expected weights between ±${HALF_MOST} to hold as f16, got ${count} of ${values.length} beyond, up to ${worst}. Set model.dtype to bf16.`,
    );
}

/** GGUF's blocks in words: their bytes as they are, the scales of two blocks side by side. */
export function wordsOfBlocks(blocks: Uint8Array, format: PackedFormat): Uint32Array {
  if (!isBlockFormat(format)) throw new DataError(`weights: expected blocks of q8_0, q4_0 or q4_1, got ${format}.`);
  const { words: runWords, head } = PACKED_LAYOUTS[format];
  const quantBytes = (runWords - head) * 2;
  const blockBytes = 2 * head + quantBytes;
  const count = blocks.length / blockBytes;
  const words = new Uint32Array(Math.ceil(count / 2) * runWords);
  const bytes = new Uint8Array(words.buffer);
  for (let block = 0; block < count; block++) {
    const from = block * blockBytes;
    const run = (block >> 1) * runWords * 4;
    const second = block & 1;
    for (let part = 0; part < head; part++) bytes.set(blocks.subarray(from + 2 * part, from + 2 * part + 2), run + 4 * part + 2 * second);
    bytes.set(blocks.subarray(from + 2 * head, from + blockBytes), run + 4 * head + quantBytes * second);
  }
  return words;
}

/**
 * Blocks of a file that stay as they are: their scales and offsets must be numbers, for everything else in them is.
 *
 * @param subject how errors name the tensor
 * @throws DataError for a scale or an offset that is not finite
 */
export function checkBlockScales(blocks: Uint8Array, format: BlockFormat, subject: string): void {
  const { words, head } = PACKED_LAYOUTS[format];
  const blockBytes = 2 * words; // a run's words are of two blocks
  for (let from = 0; from + blockBytes <= blocks.length; from += blockBytes) {
    for (let part = 0; part < head; part++) {
      const bits = blocks[from + 2 * part]! | (blocks[from + 2 * part + 1]! << 8);
      if ((bits & 0x7c00) !== 0x7c00) continue;
      const found = (bits & 0x3ff) === 0 ? 'an infinite one' : 'NaN';
      throw new DataError(
        `${subject}: expected finite scales, got ${found} in block ${from / blockBytes}. The file is damaged or was saved from a run that diverged.`,
      );
    }
  }
}
