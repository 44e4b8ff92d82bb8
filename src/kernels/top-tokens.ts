/** The most likely tokens of every row, their log-probabilities, and the gradient of those. Whole rows, as in kept-set.ts. */

import { KernelError } from '../base/errors.ts';
import type { Device } from '../gpu/device.ts';
import { defineKernel, read, update } from '../gpu/kernel.ts';
import type { Tensor } from '../gpu/tensor.ts';
import { STATE_WIDTH } from './token-stats.ts';

interface TopOptions {
  readonly count: number;
  readonly vocabulary: number;
  /** Tokens taken of each row. */
  readonly k: number;
}

/** One lane to a row. */
export const topTokensDirect = defineKernel({
  name: 'top-tokens-direct',
  shader: 'head/top-tokens-direct.wgsl',
  bindings: { logits: read('f32'), slots: read('u32'), state: read('f32'), topIds: update('u32'), topLogProbs: update('f32') },
  params: (_, { count, vocabulary, k }: TopOptions) => ({ count, vocabulary, k }),
  threads: (_, { count }) => count,
  reference({ logits, slots, state, topIds, topLogProbs }, _, { count, vocabulary, k }) {
    for (let row = 0; row < count; row++) {
      const values = logits.subarray(row * vocabulary, (row + 1) * vocabulary);
      const [highest = 0, logS = 0, , , , , , scale = 0] = state.subarray(row * STATE_WIDTH, (row + 1) * STATE_WIDTH);
      const falling = Array.from(values, (_, v) => v).sort((a, b) => values[b]! - values[a]! || a - b);
      const ids = falling.slice(0, k);
      topIds.set(ids, slots[row]! * k);
      topLogProbs.set(
        ids.map((v) => (values[v]! - highest) * scale - logS),
        slots[row]! * k,
      );
    }
  },
  tolerance: { topIds: { absolute: 0 }, topLogProbs: { absolute: 1e-5, relative: 1e-5 } },
});

interface GradientOptions extends TopOptions {
  readonly accumulate: boolean;
}

export const topTokensBackwardDirect = defineKernel({
  name: 'top-tokens-backward',
  shader: 'head/top-tokens-backward.wgsl',
  bindings: { logits: read('f32'), slots: read('u32'), state: read('f32'), topIds: read('u32'), byTopLogProb: read('f32'), gradient: update('f32') },
  params: (_, { count, vocabulary, k, accumulate }: GradientOptions) => ({ count, vocabulary, k, accumulate: accumulate ? 1 : 0 }),
  threads: (_, { count, vocabulary }) => count * vocabulary,
  reference({ logits, slots, state, topIds, byTopLogProb, gradient }, _, { count, vocabulary, k, accumulate }) {
    for (let row = 0; row < count; row++) {
      const [highest = 0, logS = 0, , , , , , scale = 0] = state.subarray(row * STATE_WIDTH, (row + 1) * STATE_WIDTH);
      const ids = topIds.subarray(slots[row]! * k, (slots[row]! + 1) * k);
      const slopes = byTopLogProb.subarray(slots[row]! * k, (slots[row]! + 1) * k);
      for (let v = 0; v < vocabulary; v++) {
        const at = row * vocabulary + v;
        const p = Math.exp((logits[at]! - highest) * scale - logS);
        const slope = scale * slopes.reduce((sum, by, i) => sum + by * ((ids[i] === v ? 1 : 0) - p), 0);
        gradient[at] = accumulate ? gradient[at]! + slope : slope;
      }
    }
  },
  tolerance: { gradient: { absolute: 1e-5, relative: 1e-4 } },
});

export interface TopTokens extends TopOptions {
  /** [count, vocabulary] raw. */
  readonly logits: Tensor;
  readonly slots: Tensor;
  /** Of `tokenStatsFinish`. */
  readonly state: Tensor;
  /** [S, k] in falling order; of equals the lower id first. */
  readonly topIds: Tensor;
  /** [S, k] nats */
  readonly topLogProbs: Tensor;
}

/** @throws KernelError if the vocabulary has fewer than `k` tokens */
export function topTokens(device: Device, { count, vocabulary, k, ...tensors }: TopTokens): void {
  if (k > vocabulary) throw new KernelError(`top-tokens: expected at most ${vocabulary} tokens to take, got ${k}.`);
  device.run(topTokensDirect, tensors, { count, vocabulary, k });
}

export interface TopTokensBackward extends TopOptions {
  readonly logits: Tensor;
  readonly slots: Tensor;
  readonly state: Tensor;
  readonly topIds: Tensor;
  /** [S, k] ∂loss / ∂log-prob of each */
  readonly byTopLogProb: Tensor;
  /** [count, vocabulary] of the raw logits. */
  readonly gradient: Tensor;
  /** Adds to what `gradient` holds. */
  readonly accumulate?: boolean;
}

/** The gradient of the log-probs of the most likely tokens, with their ids held fixed. */
export function topTokensBackward(device: Device, { count, vocabulary, k, accumulate = false, ...tensors }: TopTokensBackward): void {
  device.run(topTokensBackwardDirect, tensors, { count, vocabulary, k, accumulate });
}
