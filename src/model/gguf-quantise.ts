/** Packs float32 into the types of GGUF that Entrain writes. */

import { halfOfFloat, narrow } from './narrow.ts';

/** Numbers of a Q8_0 block, and its bytes. */
const BLOCK = 32;
const BLOCK_BYTES = 34;

/**
 * Returns the bytes of whole rows.
 *
 *   Q8_0   d = largest |x| / 127, stored as float16;  q = x / d rounded, halves away from zero
 *
 * @source ggml, `quantize_row_q8_0_ref`
 */
export function packRows(values: Float32Array, type: 'F32' | 'F16' | 'Q8_0', subject: string): Uint8Array {
  if (type !== 'Q8_0') return narrow(values, type, subject);
  const bytes = new Uint8Array((values.length / BLOCK) * BLOCK_BYTES);
  for (let block = 0; block * BLOCK < values.length; block++) {
    const x = values.subarray(block * BLOCK, (block + 1) * BLOCK);
    const d = Math.fround(x.reduce((most, value) => Math.max(most, Math.abs(value)), 0) / 127);
    const inverse = d === 0 ? 0 : Math.fround(1 / d);
    const at = block * BLOCK_BYTES;
    const half = halfOfFloat(d);
    bytes[at] = half & 255;
    bytes[at + 1] = half >>> 8;
    for (let i = 0; i < BLOCK; i++) bytes[at + 2 + i] = roundAway(Math.fround(x[i]! * inverse)) & 255;
  }
  return bytes;
}

function roundAway(value: number): number {
  return value < 0 ? -Math.floor(0.5 - value) : Math.floor(value + 0.5);
}
