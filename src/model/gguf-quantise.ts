/** Packs float32 into the types of GGUF that Entrain writes. The way back is `dequantise`. */

import { halfOfBits } from '../base/half.ts';
import { narrow } from './narrow.ts';

export type WrittenType = 'F32' | 'F16' | 'Q8_0';

/** Numbers of a Q8_0 block, and its bytes. */
const BLOCK = 32;
const BLOCK_BYTES = 34;

/**
 * Returns the bytes of whole blocks.
 *
 *   Q8_0   d = largest |x| / 127, stored as float16;  q = x / d rounded, halves away from zero
 *
 * @source ggml, `quantize_row_q8_0_ref`
 */
export function quantise(values: Float32Array, type: WrittenType, subject: string): Uint8Array {
  if (type !== 'Q8_0') return narrow(values, type, subject);
  const bytes = new Uint8Array((values.length / BLOCK) * BLOCK_BYTES);
  const scale = new Float32Array(1);
  const scaleBits = new Uint32Array(scale.buffer);
  for (let first = 0, at = 0; first < values.length; first += BLOCK, at += BLOCK_BYTES) {
    let most = 0;
    for (let i = 0; i < BLOCK; i++) most = Math.max(most, Math.abs(values[first + i]!));
    scale[0] = most / 127;
    const inverse = scale[0] === 0 ? 0 : Math.fround(1 / scale[0]);
    const half = halfOfBits(scaleBits[0]!);
    bytes[at] = half & 255;
    bytes[at + 1] = half >>> 8;
    for (let i = 0; i < BLOCK; i++) bytes[at + 2 + i] = roundAway(Math.fround(values[first + i]! * inverse)) & 255;
  }
  return bytes;
}

function roundAway(value: number): number {
  return value < 0 ? -Math.floor(0.5 - value) : Math.floor(value + 0.5);
}
