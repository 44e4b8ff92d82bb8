/**
 * The LM head: from hidden states to what the policy says about each target, and back, one vocabulary tile at a time.
 *
 *   forward   logits of a tile → running max, sums and moments → log-probability, entropy, moments at each table slot
 *   backward  logits again, tile by tile → dLogits from the two slopes → dHidden and dWeight
 *
 * [tokens, vocabulary] is never held: the scratch is [predictions, TILE] whatever the vocabulary.
 */

import type { Device } from '../gpu/device.ts';
import type { Tensor } from '../gpu/tensor.ts';
import { matrix } from '../kernels/matmul.ts';
import { normScratch } from '../kernels/rms-norm.ts';
import { gatherRows, rowsOf, segmentSum } from '../kernels/rows.ts';
import { STATE_WIDTH, tokenStatsBackward, tokenStatsFinish, tokenStatsTile } from '../kernels/token-stats.ts';
import type { ModelConfig } from './config.ts';
import type { DeviceBatch } from './device-batch.ts';
import type { GradientOf } from './linear.ts';
import { backwardNorm, forwardNorm, type Norm, statisticsWidth } from './norm.ts';
import type { Parameters } from './parameters.ts';
import { addToGradient, timesMatrix, timesTransposed } from './weight-matrix.ts';

/** Vocabulary columns held at once. */
export const VOCABULARY_TILE = 512;

/** What the policy says about every token of a mini-batch. All [B, T], or [B, T, 6] for the moments. */
export interface TokenStats {
  readonly logProbs: Tensor;
  readonly entropies: Tensor;
  readonly moments: Tensor;
}

/** How every token of a mini-batch should move. Both [B, T]. */
export interface TokenSlopes {
  readonly byLogProb: Tensor;
  readonly byEntropy: Tensor;
}

interface HeadRoom {
  readonly hidden: Tensor;
  readonly norm: Tensor;
  readonly statistics: Tensor;
  readonly logits: Tensor;
  readonly state: Tensor;
}

interface HeadBackwardRoom {
  readonly norm: Tensor;
  readonly hidden: Tensor;
  readonly columns: Tensor;
}

export class LanguageHead {
  readonly #device: Device;
  readonly #config: ModelConfig;
  readonly #parameters: Parameters;
  readonly #tile: number;
  readonly #room: HeadRoom;
  readonly #back: HeadBackwardRoom | null;

  constructor(device: Device, config: ModelConfig, parameters: Parameters, maxPredictions: number, trainable: boolean) {
    this.#device = device;
    this.#config = config;
    this.#parameters = parameters;
    this.#tile = Math.min(VOCABULARY_TILE, config.vocabSize);
    const room = (label: string, columns: number) => device.create('f32', [maxPredictions, columns], label);
    this.#room = {
      hidden: room('head/hidden', config.width),
      norm: room('head/norm', config.width),
      statistics: room('head/statistics', statisticsWidth(config)),
      logits: room('head/logits', this.#tile),
      state: room('head/state', STATE_WIDTH),
    };
    this.#back = trainable
      ? {
          norm: room('head/dNorm', config.width),
          hidden: room('head/dHidden', config.width),
          columns: device.create('f32', [normScratch(maxPredictions, config.width)], 'head/columns'),
        }
      : null;
  }

  /** Writes the statistics of the batch's targets into the tables at their slots. `stream` is the last block's output; other parameters (a reference's) may stand in. */
  forward(batch: DeviceBatch, stream: Tensor, tables: TokenStats, temperature: number, parameters = this.#parameters): void {
    const { width, vocabSize } = this.#config;
    const count = batch.predictions;
    const state = this.#room.state.as(count, STATE_WIDTH);
    gatherRows(this.#device, { from: rowsOf(stream, width), rows: batch.headRows, out: rowsOf(this.#room.hidden, width), count, width });
    this.#normalise(count, parameters);
    for (const { start, size } of this.#tiles()) {
      this.#tileLogits(count, start, size, parameters);
      tokenStatsTile(this.#device, {
        logits: this.#room.logits.as(count, size),
        targets: batch.targets,
        state,
        count,
        tileStart: start,
        tileWidth: size,
        temperature,
        first: start === 0,
      });
    }
    tokenStatsFinish(this.#device, { ...tables, state, slots: batch.slots, count, vocabulary: vocabSize });
  }

  /** Adds to the gradients of head and final norm, and writes dL/d(stream) of all packed rows into `dStream`. Follows a `forward` of the same batch. */
  backward(batch: DeviceBatch, slopes: TokenSlopes, dStream: Tensor, temperature: number, gradientOf: GradientOf): void {
    const device = this.#device;
    const { width } = this.#config;
    const { head } = this.#parameters;
    const back = this.#back!;
    const count = batch.predictions;
    // Last tile first: its logits are still there.
    const tiles = this.#tiles().reverse();
    tiles.forEach(({ start, size }, index) => {
      if (index > 0) this.#tileLogits(count, start, size, this.#parameters);
      const logits = this.#room.logits.as(count, size);
      tokenStatsBackward(device, {
        ...slopes,
        logits,
        targets: batch.targets,
        slots: batch.slots,
        state: this.#room.state.as(count, STATE_WIDTH),
        count,
        tileStart: start,
        tileWidth: size,
        temperature,
      });
      const product = { weight: head, rows: [start, start + size] as const, count };
      const dLogits = matrix(logits, size);
      timesMatrix(device, { ...product, from: dLogits, out: matrix(back.norm, width), accumulate: index > 0 });
      addToGradient(device, { ...product, from: matrix(this.#room.norm, width), dOut: dLogits, gradientOf });
    });
    backwardNorm(this.#norm(count, this.#parameters), { dOut: back.norm, dX: back.hidden, accumulate: false, gradientOf, scratch: back.columns });
    device.clear(dStream);
    segmentSum(device, { from: rowsOf(back.hidden, width), ...batch.byRow, out: rowsOf(dStream, width), width });
  }

  /** The whole row of logits of `count` given rows of the stream, for sampling: out [count, vocabulary]. */
  logits(stream: Tensor, rows: Tensor, count: number, out: Tensor): void {
    const { width, vocabSize } = this.#config;
    gatherRows(this.#device, { from: rowsOf(stream, width), rows, out: rowsOf(this.#room.hidden, width), count, width });
    this.#normalise(count, this.#parameters);
    timesTransposed(this.#device, { weight: this.#parameters.head, count, from: matrix(this.#room.norm, width), out: matrix(out, vocabSize) });
  }

  #normalise(count: number, parameters: Parameters): void {
    forwardNorm(this.#norm(count, parameters), rowsOf(this.#room.norm, this.#config.width));
  }

  #norm(count: number, { finalNorm: weight, finalNormBias: bias }: Parameters): Norm {
    const { hidden: x, statistics } = this.#room;
    return { device: this.#device, config: this.#config, count, weight, bias, x, statistics };
  }

  #tileLogits(count: number, start: number, size: number, { head }: Parameters): void {
    const { width } = this.#config;
    const { norm, logits } = this.#room;
    timesTransposed(this.#device, { weight: head, rows: [start, start + size], count, from: matrix(norm, width), out: matrix(logits, size) });
  }

  #tiles(): { start: number; size: number }[] {
    const tiles: { start: number; size: number }[] = [];
    for (let start = 0; start < this.#config.vocabSize; start += this.#tile) {
      tiles.push({ start, size: Math.min(this.#tile, this.#config.vocabSize - start) });
    }
    return tiles;
  }
}
