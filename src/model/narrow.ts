/** float32 as the types that weights are stored in, rounded to the nearest, ties to even. The way back is `widen`. */

import { DataError } from '../base/errors.ts';
import { bfloat16OfBits, halfOfBits } from '../base/half.ts';

export type FloatType = 'F32' | 'F16' | 'BF16';

/**
 * Returns little-endian bytes.
 *
 * @param subject how errors name the tensor
 * @throws DataError for a number that float16 has no room for
 */
export function narrow(values: Float32Array, type: FloatType, subject: string): Uint8Array {
  if (type === 'F32') return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = type === 'BF16' ? Uint16Array.from(words, bfloat16OfBits) : Uint16Array.from(words, halfOfBits);
  const lost = type === 'F16' ? halves.findIndex((half, i) => (half & 0x7fff) === 0x7c00 && Number.isFinite(values[i])) : -1;
  if (lost >= 0)
    throw new DataError(`${subject}: expected numbers within ±65504, as float16 holds, got ${values[lost]} at element ${lost}. Choose type f32 or bf16.`);
  return new Uint8Array(halves.buffer);
}
