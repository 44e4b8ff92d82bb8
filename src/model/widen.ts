/** Stored numbers as float32. Widening is exact: every bfloat16 and float16 is a float32. */

import { DataError } from '../base/errors.ts';
import { HALF_STEP } from '../base/half.ts';

/**
 * Returns little-endian bytes of F32, F16 or BF16 as float32.
 *
 * @param subject how errors name the tensor
 * @throws DataError for any other type
 */
export function widen(bytes: Uint8Array, dtype: string, subject: string): Float32Array {
  if (dtype === 'F32') return new Float32Array(ownBuffer(bytes));
  if (dtype === 'BF16') return widenBfloat16(new Uint16Array(ownBuffer(bytes)));
  if (dtype === 'F16') return widenFloat16(new Uint16Array(ownBuffer(bytes)));
  throw new DataError(`${subject}: expected F32, F16 or BF16, got ${dtype}. Convert the weights to one of these.`);
}

/** The bytes in a buffer of their own, or as they are where they fill one. */
function ownBuffer(bytes: Uint8Array): ArrayBuffer {
  const { buffer, byteOffset, byteLength } = bytes;
  if (buffer instanceof ArrayBuffer && byteOffset === 0 && byteLength === buffer.byteLength) return buffer;
  return new Uint8Array(bytes).buffer;
}

/** A bfloat16 is the upper half of a float32. */
function widenBfloat16(halves: Uint16Array): Float32Array {
  const words = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) words[i] = halves[i]! << 16;
  return new Float32Array(words.buffer);
}

/** float16: 1 sign bit, 5 of exponent (bias 15), 10 of mantissa; float32 has 8 (bias 127) and 23. */
function widenFloat16(halves: Uint16Array): Float32Array {
  const words = new Uint32Array(halves.length);
  const values = new Float32Array(words.buffer);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i]!;
    const sign = (half & 0x8000) << 16;
    const exponent = (half >>> 10) & 0x1f;
    const mantissa = half & 0x3ff;
    if (exponent === 0) values[i] = (sign === 0 ? mantissa : -mantissa) * HALF_STEP;
    else words[i] = sign | ((exponent === 0x1f ? 0xff : exponent + 112) << 23) | (mantissa << 13);
  }
  return values;
}
