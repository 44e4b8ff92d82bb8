/**
 * Draws tokens on the device, and prepares the pass that follows.
 *
 * What a row draws depends on its logits, its row id, its length and the key, never on the rows beside it.
 */

import { log } from '../base/exponential.ts';
import type { Device } from '../gpu/device.ts';
import { type Dims, defineKernel, read, update, write } from '../gpu/kernel.ts';
import { Tensor } from '../gpu/tensor.ts';
import { type SampleArrays, type SampleOptions, sampleTokensReference, STATE_ROW } from './sampling-reference.ts';

/** Numbers of state per row: rowId, length, finished, lastToken. */
export { STATE_ROW };

const tolerance = {
  logits: { absolute: 1e-6, relative: 1e-6 },
  logProbs: { absolute: 1e-5, relative: 1e-5 },
  entropies: { absolute: 1e-5, relative: 1e-5 },
  state: { absolute: 0 },
  seen: { absolute: 0 },
  tokens: { absolute: 0 },
};

function sampleParams({ temperature, topK, topP, minP, repetitionPenalty, key, vocabulary, ...rest }: SampleOptions): Record<string, number> {
  const isGreedy = temperature === 0;
  return {
    count: rest.count,
    firstRow: rest.firstRow,
    stopCount: rest.stopCount,
    maxTokens: rest.maxTokens,
    vocabulary,
    seenWords: repetitionPenalty === 1 ? 0 : Math.ceil(vocabulary / 32),
    greedy: isGreedy ? 1 : 0,
    topK: isGreedy || topK >= vocabulary ? 0 : topK,
    topP: isGreedy ? 1 : topP,
    logMinP: isGreedy || minP === 0 ? -3e38 : log(minP),
    repetitionPenalty,
    inverseTemperature: isGreedy ? 1 : 1 / temperature,
    key0: key[0],
    key1: key[1],
  };
}

const sample = {
  bindings: {
    logits: update('f32'),
    state: update('u32'),
    seen: update('u32'),
    stops: read('u32'),
    tokens: update('u32'),
    logProbs: update('f32'),
    entropies: update('f32'),
  },
  params: (_: Dims, options: SampleOptions) => sampleParams(options),
  reference: (arrays: SampleArrays, _: Dims, options: SampleOptions) => sampleTokensReference(arrays, options),
  tolerance,
};

/** The barrier-free form: one lane draws for a row. */
export const sampleTokensDirect = defineKernel({
  ...sample,
  name: 'sample-tokens-direct',
  shader: 'sample/sample-tokens-direct.wgsl',
  threads: (_, { count }) => count,
});

/** The form for GPUs: the lanes of a workgroup share a row. */
export const sampleTokensWorkgroup = defineKernel({
  ...sample,
  name: 'sample-tokens-workgroup',
  shader: 'sample/sample-tokens-workgroup.wgsl',
  workgroups: (_, { count }) => count,
  lanes: ({ rowLanes }) => rowLanes,
});

export const advanceRowsDirect = defineKernel({
  name: 'advance-rows',
  shader: 'sample/advance-rows.wgsl',
  bindings: { state: read('u32'), prompts: read('u32'), ranges: write('u32'), positions: write('u32'), cacheRows: write('u32'), lastTokens: write('u32') },
  params: (_, { count }: { readonly count: number }) => ({ count }),
  threads: (_, { count }) => count,
  reference({ state, prompts, ranges, positions, cacheRows, lastTokens }, _, { count }) {
    for (let row = 0; row < count; row++) {
      const [, length = 0, , lastToken = 0] = state.subarray(row * STATE_ROW, (row + 1) * STATE_ROW);
      const [prefixStart = 0, prefixEnd = 0, ownStart = 0] = prompts.subarray(row * 3, (row + 1) * 3);
      ranges.set([prefixStart, prefixEnd, ownStart, ownStart + length], row * 4);
      positions[row] = prefixEnd - prefixStart + length - 1;
      cacheRows[row] = ownStart + length - 1;
      lastTokens[row] = lastToken;
    }
  },
  tolerance: { ranges: { absolute: 0 }, positions: { absolute: 0 }, cacheRows: { absolute: 0 }, lastTokens: { absolute: 0 } },
});

export interface SampleTokens extends SampleOptions {
  /** [count, vocabulary] raw; the penalty is applied in place. */
  readonly logits: Tensor;
  /** [B, STATE_ROW] */
  readonly state: Tensor;
  /** [B, ⌈vocabulary / 32⌉] bit v of a row: the row has held token v. `device.none.u32` where the penalty is 1. */
  readonly seen: Tensor;
  /** [stopCount] */
  readonly stops: Tensor;
  /** [B, maxTokens] */
  readonly tokens: Tensor;
  /** [B, maxTokens] nats, under the distribution drawn from. */
  readonly logProbs: Tensor;
  /** [B, maxTokens] nats, of softmax(logits / temperature), neither penalised nor filtered. */
  readonly entropies: Tensor;
}

/**
 * Draws one token for every unfinished row and writes it at the row's length.
 *
 * Order: repetition penalty, temperature, top-k, top-p, min-p, then a race that each kept token wins with its probability. A row is
 * finished by a stop token or by `maxTokens`. Greedy takes the first of the largest logits; its log-probs and entropies are at temperature 1.
 */
export function sampleTokens(device: Device, { logits, state, seen, stops, tokens, logProbs, entropies, ...options }: SampleTokens): void {
  // Both may be `device.none.u32`, and a binding that is written shares its buffer with no other.
  const stopIds = options.stopCount === 0 ? new Tensor('u32', [4], device.none.i32.storage) : stops;
  const form = device.traits.tier === 'software' ? sampleTokensDirect : sampleTokensWorkgroup;
  device.run(form, { logits, state, seen, stops: stopIds, tokens, logProbs, entropies }, options);
}

export interface AdvanceRows {
  /** [B, STATE_ROW] */
  readonly state: Tensor;
  /** [B, 3] rows of the cache: prefixStart, prefixEnd, ownStart */
  readonly prompts: Tensor;
  /** [B, 4] prefixStart, prefixEnd, ownStart, ownStart + length */
  readonly ranges: Tensor;
  /** [B] */
  readonly positions: Tensor;
  /** [B] where the pass writes the row's keys and values. */
  readonly cacheRows: Tensor;
  /** [B] */
  readonly lastTokens: Tensor;
  readonly count: number;
}

/** Prepares the pass that follows a draw: what each row feeds, where it stands, and which rows of the cache it attends to. */
export function advanceRows(device: Device, { count, ...tensors }: AdvanceRows): void {
  device.run(advanceRowsDirect, tensors, { count });
}
