/**
 * Turns float32 into the blocks of 32 numbers that GGUF stores, as llama.cpp's own converter does: results are equal byte by byte.
 *
 *   Q8_0  d = max|x| / 127                       q = round(x / d), halves away from zero
 *   Q4_0  d = (x of largest |x|) / −8            q = min(15, ⌊x / d + 8.5⌋)
 *
 * d is stored as float16, but x is divided by it as it was before.
 *
 * @source ggml, `ggml-quants.c`, quantize_row_q8_0_ref and quantize_row_q4_0_ref
 */

import { KernelError } from '../base/errors.ts';
import { bitsOf, halfOfBits } from '../base/half.ts';

export type QuantisedType = 'Q8_0' | 'Q4_0';

const BLOCK = 32;
const { fround } = Math;

/**
 * Returns GGUF's bytes of a whole number of blocks.
 *
 * @throws KernelError if the numbers do not fill their last block
 */
export function quantise(values: Float32Array, type: QuantisedType): Uint8Array {
  if (values.length % BLOCK !== 0) throw new KernelError(`quantise: expected a multiple of ${BLOCK} numbers, got ${values.length}. Hold this matrix as f16.`);
  const blockBytes = type === 'Q8_0' ? 34 : 18;
  const out = new Uint8Array((values.length / BLOCK) * blockBytes);
  const pack = type === 'Q8_0' ? packQ8 : packQ4;
  for (let block = 0; block * BLOCK < values.length; block++) pack(values, block * BLOCK, out, block * blockBytes);
  return out;
}

function putHalf(value: number, out: Uint8Array, at: number): void {
  const half = halfOfBits(bitsOf(value));
  out[at] = half & 0xff;
  out[at + 1] = half >> 8;
}

function packQ8(x: Float32Array, from: number, out: Uint8Array, to: number): void {
  let most = 0;
  for (let i = 0; i < BLOCK; i++) most = Math.max(most, Math.abs(x[from + i]!));
  const d = fround(most / 127);
  const inverse = d === 0 ? 0 : fround(1 / d);
  putHalf(d, out, to);
  for (let i = 0; i < BLOCK; i++) {
    const scaled = fround(x[from + i]! * inverse);
    out[to + 2 + i] = Math.sign(scaled) * Math.floor(Math.abs(scaled) + 0.5);
  }
}

function packQ4(x: Float32Array, from: number, out: Uint8Array, to: number): void {
  let [most, signed] = [0, 0];
  for (let i = 0; i < BLOCK; i++) {
    const value = x[from + i]!;
    if (Math.abs(value) > most) [most, signed] = [Math.abs(value), value];
  }
  const d = fround(signed / -8);
  const inverse = d === 0 ? 0 : fround(1 / d);
  putHalf(d, out, to);
  const nibble = (i: number): number => Math.min(15, Math.trunc(fround(fround(x[from + i]! * inverse) + 8.5)));
  for (let i = 0; i < BLOCK / 2; i++) out[to + 2 + i] = nibble(i) | (nibble(i + BLOCK / 2) << 4);
}
