/**
 * Turns GGUF's blocks of quantised numbers into float32. Little-endian throughout; `d` and `m` are float16 scales and offsets.
 *
 *   Q8_0  d · q                              q a signed byte
 *   Q4_0  d · (q − 8)        Q4_1  d · q + m      q a nibble: the low ones first, then the high ones
 *   Q5_0  d · (q − 16)       Q5_1  d · q + m      with a fifth bit from a word of 32
 *   Q4_K, Q5_K               eight runs of 32: (d · scale) · q − (dmin · min), scale and min of 6 bits
 *   Q6_K                     sixteen runs of 16: (d · scale) · (q − 32), scale a signed byte
 *
 * Every intermediate is rounded to float32 where the reference rounds it, so that results are equal to the last bit.
 *
 * @source ggml, `ggml-quants.c`; gguf-py, `quants.py`
 */

import { DataError } from '../base/errors.ts';
import { floatOfHalf } from '../base/half.ts';
import { ggufTypeNamed, READABLE_TYPES } from './gguf-types.ts';
import { widen } from './widen.ts';

type Unpack = (bytes: Uint8Array, from: number, out: Float32Array, to: number) => void;

/**
 * Returns whole blocks as float32.
 *
 * @param subject how errors name the tensor
 * @throws DataError for a type that is not read
 */
export function dequantise(bytes: Uint8Array, type: string, subject: string): Float32Array {
  if (type === 'F32' || type === 'F16' || type === 'BF16') return widen(bytes, type, subject);
  const unpack = UNPACK.get(type);
  const layout = ggufTypeNamed(type);
  if (!unpack || !layout) throw new DataError(`${subject}: expected one of ${READABLE_TYPES.join(', ')}, got ${type}. Choose another file of the model.`);
  const count = bytes.length / layout.bytes;
  const out = new Float32Array(count * layout.block);
  for (let i = 0; i < count; i++) unpack(bytes, i * layout.bytes, out, i * layout.block);
  return out;
}

const half = (bytes: Uint8Array, at: number): number => floatOfHalf(bytes[at]! | (bytes[at + 1]! << 8));
const signed = (byte: number): number => (byte << 24) >> 24;

function unpackQ8(bytes: Uint8Array, from: number, out: Float32Array, to: number): void {
  const d = half(bytes, from);
  for (let i = 0; i < 32; i++) out[to + i] = d * signed(bytes[from + 2 + i]!);
}

function unpackQ4Zero(bytes: Uint8Array, from: number, out: Float32Array, to: number): void {
  const d = half(bytes, from);
  for (let i = 0; i < 16; i++) {
    const pair = bytes[from + 2 + i]!;
    out[to + i] = d * ((pair & 15) - 8);
    out[to + 16 + i] = d * ((pair >> 4) - 8);
  }
}

function unpackQ4One(bytes: Uint8Array, from: number, out: Float32Array, to: number): void {
  const d = half(bytes, from);
  const m = half(bytes, from + 2);
  for (let i = 0; i < 16; i++) {
    const pair = bytes[from + 4 + i]!;
    out[to + i] = d * (pair & 15) + m;
    out[to + 16 + i] = d * (pair >> 4) + m;
  }
}

function unpackQ5Zero(bytes: Uint8Array, from: number, out: Float32Array, to: number): void {
  const d = half(bytes, from);
  const high = word(bytes, from + 2);
  for (let i = 0; i < 16; i++) {
    const pair = bytes[from + 6 + i]!;
    out[to + i] = d * (((pair & 15) | (((high >>> i) & 1) << 4)) - 16);
    out[to + 16 + i] = d * (((pair >> 4) | (((high >>> (i + 16)) & 1) << 4)) - 16);
  }
}

function unpackQ5One(bytes: Uint8Array, from: number, out: Float32Array, to: number): void {
  const d = half(bytes, from);
  const m = half(bytes, from + 2);
  const high = word(bytes, from + 4);
  for (let i = 0; i < 16; i++) {
    const pair = bytes[from + 8 + i]!;
    out[to + i] = d * ((pair & 15) | (((high >>> i) & 1) << 4)) + m;
    out[to + 16 + i] = d * ((pair >> 4) | (((high >>> (i + 16)) & 1) << 4)) + m;
  }
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

/** Scale and min of run j: six bits each, the last four runs with their upper two bits beside those of the first four. */
function scaleAndMin(bytes: Uint8Array, at: number, j: number): readonly [number, number] {
  if (j < 4) return [bytes[at + j]! & 63, bytes[at + j + 4]! & 63];
  const scale = (bytes[at + j + 4]! & 15) | ((bytes[at + j - 4]! >> 6) << 4);
  const min = (bytes[at + j + 4]! >> 4) | ((bytes[at + j]! >> 6) << 4);
  return [scale, min];
}

function unpackQ4K(bytes: Uint8Array, from: number, out: Float32Array, to: number): void {
  unpackNibbles(bytes, from, from + 16, null, out, to);
}

function unpackQ5K(bytes: Uint8Array, from: number, out: Float32Array, to: number): void {
  unpackNibbles(bytes, from, from + 48, from + 16, out, to);
}

/** Q4_K and Q5_K: runs 2k and 2k + 1 are the low and the high nibbles of the same 32 bytes; a fifth bit of run j is bit j of `high`. */
function unpackNibbles(bytes: Uint8Array, from: number, low: number, high: number | null, out: Float32Array, to: number): void {
  const d = half(bytes, from);
  const dmin = half(bytes, from + 2);
  for (let j = 0; j < 8; j++) {
    const [scale, min] = scaleAndMin(bytes, from + 4, j);
    const step = Math.fround(d * scale);
    const base = Math.fround(dmin * min);
    for (let i = 0; i < 32; i++) {
      const nibble = (bytes[low + (j >> 1) * 32 + i]! >> ((j & 1) * 4)) & 15;
      const q = high === null ? nibble : nibble | (((bytes[high + i]! >> j) & 1) << 4);
      out[to + j * 32 + i] = Math.fround(step * q) - base;
    }
  }
}

function unpackQ6K(bytes: Uint8Array, from: number, out: Float32Array, to: number): void {
  const d = half(bytes, from + 208);
  for (let j = 0; j < 16; j++) {
    const step = Math.fround(d * signed(bytes[from + 192 + j]!));
    const [whole, run] = [j >> 3, (j >> 1) & 3]; // halves of 128 numbers, each four runs of 32
    for (let i = 0; i < 16; i++) {
      const column = (j & 1) * 16 + i;
      const low = (bytes[from + whole * 64 + (run & 1) * 32 + column]! >> ((run >> 1) * 4)) & 15;
      const high = (bytes[from + 128 + whole * 32 + column]! >> (run * 2)) & 3;
      out[to + j * 16 + i] = step * ((low | (high << 4)) - 32);
    }
  }
}

const UNPACK: ReadonlyMap<string, Unpack> = new Map([
  ['Q8_0', unpackQ8],
  ['Q4_0', unpackQ4Zero],
  ['Q4_1', unpackQ4One],
  ['Q5_0', unpackQ5Zero],
  ['Q5_1', unpackQ5One],
  ['Q4_K', unpackQ4K],
  ['Q5_K', unpackQ5K],
  ['Q6_K', unpackQ6K],
]);
