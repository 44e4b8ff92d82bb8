/**
 * Statistics of the next-token distribution at every token, and the gradient of the logits from two slopes per token.
 *
 * The vocabulary is taken one tile after another: the caller makes a tile of raw logits, `tokenStatsTile` takes it into a few
 * running sums per token, `tokenStatsFinish` turns the sums into results. A table of [tokens, vocabulary] is never held.
 */

import type { Device } from '../gpu/device.ts';
import { type ArraysOf, type Dims, defineKernel, read, update } from '../gpu/kernel.ts';
import type { Tensor } from '../gpu/tensor.ts';

/** Numbers of running state per token. */
export const STATE_WIDTH = 8;

const SOFTWARE_SPAN = 64;

/** The columns of the table of moments, at softmax(logits / temperature); `rank1` is 1 where the target attains the maximum. */
export const MOMENTS = ['logSumExp', 'maxProb', 'rank1', 'meanLogit', 'sumP2', 'sumP2LogP'] as const;

interface TileOptions {
  readonly count: number;
  readonly tileStart: number;
  readonly tileWidth: number;
  readonly temperature: number;
}

interface FirstTileOptions extends TileOptions {
  readonly first: boolean;
}

const tileBindings = { logits: read('f32'), targets: read('u32'), state: update('f32') };

const tile = {
  bindings: tileBindings,
  params: (_: Dims, { count, tileStart, tileWidth, temperature, first }: FirstTileOptions) => ({
    count,
    tileStart,
    tileWidth,
    inverseTemperature: 1 / temperature,
    first: first ? 1 : 0,
  }),
  reference({ logits, targets, state }: ArraysOf<typeof tileBindings>, _: Dims, { count, tileStart, tileWidth, temperature, first }: FirstTileOptions): void {
    for (let row = 0; row < count; row++) {
      const values = logits.subarray(row * tileWidth, (row + 1) * tileWidth);
      const sums = state.subarray(row * STATE_WIDTH, (row + 1) * STATE_WIDTH);
      takeTile(sums, values, temperature, first);
      const column = targets[row]! - tileStart;
      if (column >= 0 && column < tileWidth) sums[6] = values[column]!;
      sums[7] = 1 / temperature;
    }
  },
  tolerance: { state: { absolute: 1e-5, relative: 1e-5 } },
};

/** The barrier-free form: one lane takes in a whole row of the tile. */
export const tokenStatsTileDirect = defineKernel({
  ...tile,
  name: 'token-stats-tile-direct',
  shader: 'head/token-stats-tile-direct.wgsl',
  threads: (_, { count }) => count,
});

/** The form for GPUs: the lanes of a workgroup share a row of the tile. */
export const tokenStatsTileWorkgroup = defineKernel({
  ...tile,
  name: 'token-stats-tile-workgroup',
  shader: 'head/token-stats-tile-workgroup.wgsl',
  workgroups: (_, { count }) => count,
  lanes: ({ rowLanes }) => rowLanes,
});

/** Σ e, Σ d·e, Σ e², Σ d·e² with d = (x − m) / temperature and e = exp(d), rescaled when the maximum m rises. */
function takeTile(sums: Float64Array, tile: Float64Array, temperature: number, first: boolean): void {
  if (first) sums.fill(0);
  const before = first ? tile[0]! : sums[0]!;
  const highest = tile.reduce((most, x) => Math.max(most, x), before);
  const fall = (before - highest) / temperature;
  const f = Math.exp(fall);
  let [s, t, squares, squaresMoment] = [sums[1]! * f, f && (sums[2]! + fall * sums[1]!) * f, sums[3]! * f * f, f && (sums[4]! + fall * sums[3]!) * f * f];
  for (const x of tile) {
    const d = (x - highest) / temperature;
    const e = Math.exp(d);
    s += e;
    t += d * e;
    squares += e * e;
    squaresMoment += d * e * e;
    sums[5]! += x;
  }
  sums.set([highest, s, t, squares, squaresMoment]);
}

/** Running sums to results; `finish` once per pass over the vocabulary. */
export const tokenStatsFinishDirect = defineKernel({
  name: 'token-stats-finish',
  shader: 'head/token-stats-finish.wgsl',
  bindings: { state: update('f32'), slots: read('u32'), logProbs: update('f32'), entropies: update('f32'), moments: update('f32') },
  params: (_, { count, vocabulary }: { readonly count: number; readonly vocabulary: number }) => ({ count, inverseVocabulary: 1 / vocabulary }),
  threads: (_, { count }) => count,
  reference({ state, slots, logProbs, entropies, moments }, _, { count, vocabulary }) {
    for (let row = 0; row < count; row++) {
      const sums = state.subarray(row * STATE_WIDTH, (row + 1) * STATE_WIDTH);
      const [highest = 0, s = 0, t = 0, squares = 0, squaresMoment = 0, total = 0, chosen = 0, scale = 0] = sums;
      const slot = slots[row]!;
      const logS = Math.log(s);
      const entropy = Math.max(0, logS - t / s);
      logProbs[slot] = (chosen - highest) * scale - logS;
      entropies[slot] = entropy;
      const mean = (total / vocabulary) * scale;
      const rank1 = chosen === highest ? 1 : 0;
      const values = [highest * scale + logS, 1 / s, rank1, mean, squares / (s * s), (squaresMoment - logS * squares) / (s * s)];
      moments.set(values, slot * MOMENTS.length);
      sums[1] = logS;
      sums[2] = entropy;
    }
  },
  tolerance: {
    state: { absolute: 1e-5, relative: 1e-5 },
    logProbs: { absolute: 1e-5, relative: 1e-5 },
    entropies: { absolute: 1e-5 },
    moments: { absolute: 1e-5, relative: 1e-5 },
  },
});

interface SpannedOptions extends TileOptions {
  /** Neighbouring elements of a lane: one on a GPU, more on a processor, where a workgroup costs as much as many elements. */
  readonly span: number;
}

/** Slopes per token to the gradient of one tile of logits, in place. */
export const tokenStatsBackwardDirect = defineKernel({
  name: 'token-stats-backward',
  shader: 'head/token-stats-backward.wgsl',
  bindings: { logits: update('f32'), targets: read('u32'), slots: read('u32'), state: read('f32'), byLogProb: read('f32'), byEntropy: read('f32') },
  params: (_, { count, tileStart, tileWidth, span, temperature }: SpannedOptions) => ({
    count,
    tileStart,
    tileWidth,
    span,
    inverseTemperature: 1 / temperature,
  }),
  threads: (_, { count, tileWidth, span }) => count * Math.ceil(tileWidth / span),
  reference({ logits, targets, slots, state, byLogProb, byEntropy }, _, { count, tileStart, tileWidth, temperature }) {
    for (let row = 0; row < count; row++) {
      const [highest = 0, logS = 0, entropy = 0] = state.subarray(row * STATE_WIDTH, (row + 1) * STATE_WIDTH);
      const slot = slots[row]!;
      for (let column = 0; column < tileWidth; column++) {
        const at = row * tileWidth + column;
        const logP = (logits[at]! - highest) / temperature - logS;
        const p = Math.exp(logP);
        const isTarget = tileStart + column === targets[row] ? 1 : 0;
        logits[at] = (byLogProb[slot]! * (isTarget - p) - byEntropy[slot]! * p * (logP + entropy)) / temperature;
      }
    }
  },
  tolerance: { logits: { absolute: 1e-5, relative: 1e-4 } },
});

export interface TokenStatsTile extends FirstTileOptions {
  /** [count, tileWidth] raw. */
  readonly logits: Tensor;
  /** [count] ids of the whole vocabulary. */
  readonly targets: Tensor;
  /** [count, STATE_WIDTH] */
  readonly state: Tensor;
}

/** Takes the logits of ids `tileStart … tileStart + tileWidth − 1` into the state; `first` begins a new pass. */
export function tokenStatsTile(device: Device, { logits, targets, state, ...options }: TokenStatsTile): void {
  const form = device.traits.tier === 'software' ? tokenStatsTileDirect : tokenStatsTileWorkgroup;
  device.run(form, { logits, targets, state }, options);
}

export interface TokenStatsFinish {
  readonly state: Tensor;
  /** [count] the row of the tables that each token's results go to; no two alike. */
  readonly slots: Tensor;
  /** [S] nats */
  readonly logProbs: Tensor;
  /** [S] nats */
  readonly entropies: Tensor;
  /** [S, 6], columns in the order of MOMENTS. */
  readonly moments: Tensor;
  readonly count: number;
  readonly vocabulary: number;
}

/** Writes the results of a whole pass over the vocabulary. The state then holds what `tokenStatsBackward` reads. */
export function tokenStatsFinish(device: Device, { count, vocabulary, ...tensors }: TokenStatsFinish): void {
  device.run(tokenStatsFinishDirect, tensors, { count, vocabulary });
}

export interface TokenStatsBackward extends TileOptions {
  /** [count, tileWidth] the same logits again; becomes their gradient. */
  readonly logits: Tensor;
  readonly targets: Tensor;
  readonly slots: Tensor;
  readonly state: Tensor;
  /** [S] ∂loss / ∂logProb */
  readonly byLogProb: Tensor;
  /** [S] ∂loss / ∂entropy */
  readonly byEntropy: Tensor;
}

/**
 * Turns one tile of logits into its gradient.
 *
 *   dLogits[v] = ( byLogProb · (1[v = target] − p[v]) − byEntropy · p[v] · (ln p[v] + entropy) ) / temperature
 */
export function tokenStatsBackward(device: Device, { count, tileStart, tileWidth, temperature, ...tensors }: TokenStatsBackward): void {
  const span = device.traits.tier === 'software' ? SOFTWARE_SPAN : 1;
  device.run(tokenStatsBackwardDirect, tensors, { count, tileStart, tileWidth, temperature, span });
}
