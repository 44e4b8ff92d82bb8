/** float32 as the types weights are stored in, rounded to the nearest, ties to even. The way back is `widen`. */

import { DataError } from '../base/errors.ts';

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
  const halves = new Uint16Array(values.length);
  if (type === 'BF16') {
    for (let i = 0; i < halves.length; i++) halves[i] = bfloatBits(words[i]!);
    return new Uint8Array(halves.buffer);
  }
  for (let i = 0; i < halves.length; i++) {
    const half = halfBits(words[i]!);
    if ((half & 0x7fff) === 0x7c00 && Number.isFinite(values[i])) {
      throw new DataError(`${subject}: expected numbers within ±65504, as float16 holds, got ${values[i]} at element ${i}. Export as f32 or bf16 instead.`);
    }
    halves[i] = half;
  }
  return new Uint8Array(halves.buffer);
}

/** The float16 of a number, by its bits. */
export function halfOfFloat(value: number): number {
  scratch[0] = value;
  return halfBits(bits[0]!);
}

const scratch = new Float32Array(1);
const bits = new Uint32Array(scratch.buffer);

function bfloatBits(word: number): number {
  if ((word & 0x7fff_ffff) > 0x7f80_0000) return (word >>> 16) | 0x40; // NaN stays one
  return (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
}

function halfBits(word: number): number {
  const sign = (word >>> 16) & 0x8000;
  const size = word & 0x7fff_ffff;
  if (size > 0x7f80_0000) return sign | 0x7e00;
  if (size >= 0x477f_f000) return sign | 0x7c00; // 65520 and above round to infinity
  if (size >= 0x3880_0000) {
    // normal: 13 bits of the mantissa go, the exponent's bias falls by 112
    return sign | ((size - 0x3800_0000 + 0xfff + ((size >>> 13) & 1)) >>> 13);
  }
  const shift = 126 - (size >>> 23); // subnormal: in units of 2^-24
  if (shift > 24) return sign;
  const mantissa = (size & 0x7f_ffff) | 0x80_0000;
  const kept = mantissa >>> shift;
  const rest = mantissa & ((1 << shift) - 1);
  const middle = 1 << (shift - 1);
  return sign | (kept + (rest > middle || (rest === middle && (kept & 1) === 1) ? 1 : 0));
}
