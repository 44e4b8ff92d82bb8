/** What every variant is compared with: the weights that GRPO gives the tokens of a batch, and the marks that are told by them. */

import { type AlgorithmOptions, createAlgorithm } from '../../src/index.ts';
import { type TokenBatch, TOKEN_FLAGS } from '../data/frame.ts';
import type { FrozenBatch, TokenWeights } from './frozen.ts';

/** What the variants' overrides are relative to: GRPO without the dual clip, as in the demo's recipe. */
export const BASE_OPTIONS: Partial<AlgorithmOptions> = { clipDual: null };

/** Weights closer than this share of the larger are the same. */
const SAME = 1e-3;

/** What GRPO would do: what `selected` and `clipped` are told by. */
export function baseWeights(frozen: FrozenBatch): Promise<TokenWeights> {
  return frozen.weightsOf(createAlgorithm(BASE_OPTIONS));
}

/** Whether a weight differs from the base's, and whether the base's clip stopped the token. */
export function flagsOf({ columns: { advantage } }: TokenBatch, weight: Float32Array, base: Float32Array): Uint8Array {
  return Uint8Array.from(weight, (value, at) => {
    const gap = Math.abs(value - base[at]!);
    const isSelected = gap > SAME * Math.max(Math.abs(value), Math.abs(base[at]!)) && gap > 1e-6;
    const isClipped = base[at] === 0 && value === 0 && advantage[at] !== 0;
    return (isSelected ? TOKEN_FLAGS.selected : 0) | (isClipped ? TOKEN_FLAGS.clipped : 0);
  });
}
