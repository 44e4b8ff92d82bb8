/**
 * What the policy is unsure of: several passes with dropout over the same tokens, and the entropy of their mean distribution.
 *
 *   p̄ = mean over passes of softmax(logits_m)      entropyOfMean = −Σ_v p̄ ln p̄      meanOfEntropies = mean_m H_m
 *
 * Their difference is the mutual information between prediction and weights (BALD). At temperature 1. The passes' final hidden
 * states and log-sum-exps are kept and a second sweep over vocabulary tiles forms the mean, so nothing of size [tokens, vocabulary] is held.
 *
 * @source Houlsby et al. 2011, arXiv:1112.5745; Gal, Ghahramani 2016, arXiv:1506.02142
 */

import type { Random } from '../base/random.ts';
import type { Device } from '../gpu/device.ts';
import type { Tensor } from '../gpu/tensor.ts';
import { matrix } from '../kernels/matmul.ts';
import { addMixtureEntropy, addToMixture } from '../kernels/mixture.ts';
import { gatherRows, rowsOf } from '../kernels/rows.ts';
import { MOMENTS, STATE_WIDTH, tokenStatsFinish, tokenStatsTile } from '../kernels/token-stats.ts';
import type { DeviceBatch } from './device-batch.ts';
import { type TokenStats, VOCABULARY_TILE } from './head.ts';
import { forwardNorm, statisticsWidth } from './norm.ts';
import type { Transformer } from './transformer.ts';
import { timesTransposed } from './weight-matrix.ts';

export interface DropoutPassesOptions {
  /** At least 2. */
  readonly passes: number;
  readonly rate: number;
}

export class DropoutPasses {
  readonly #device: Device;
  readonly #model: Transformer;
  readonly #options: DropoutPassesOptions;
  readonly #tile: number;
  readonly #room: Record<'gathered' | 'statistics' | 'hidden' | 'lse' | 'logits' | 'state' | 'mixture', Tensor>;

  constructor(model: Transformer, maxPredictions: number, options: DropoutPassesOptions) {
    const { device, config } = model;
    this.#device = device;
    this.#model = model;
    this.#options = options;
    this.#tile = Math.min(VOCABULARY_TILE, config.vocabSize);
    const room = (name: string, columns: number, rows = maxPredictions) => device.create('f32', [rows, columns], `dropout/${name}`);
    this.#room = {
      gathered: room('gathered', config.width),
      statistics: room('statistics', statisticsWidth(config)),
      hidden: room('hidden', config.width, maxPredictions * options.passes),
      lse: room('lse', 1, maxPredictions * options.passes),
      logits: room('logits', this.#tile),
      state: room('state', STATE_WIDTH),
      mixture: room('mixture', this.#tile),
    };
  }

  /**
   * Writes the entropy of the mean distribution at the batch's slots.
   *
   * @param tables scratch of the mini-batch's shape; overwritten by each pass
   * @param onPass called after each pass is recorded; the pass's entropies are in `tables.entropies` then
   */
  run(batch: DeviceBatch, tables: TokenStats, entropyOfMean: Tensor, random: Random, onPass: () => void): void {
    const { passes, rate } = this.#options;
    for (let pass = 0; pass < passes; pass++) {
      const stream = this.#model.runBlocks(batch, this.#model, { rate, key: random.at(pass).key });
      this.#keepHidden(batch, stream, pass);
      this.#passStats(batch, tables, pass);
      onPass();
    }
    this.#sweep(batch, entropyOfMean);
  }

  #keepHidden({ headRows, predictions: count }: DeviceBatch, stream: Tensor, pass: number): void {
    const { config, parameters } = this.#model;
    const { finalNorm: weight, finalNormBias: bias } = parameters;
    const { width } = config;
    const { gathered, statistics, hidden } = this.#room;
    gatherRows(this.#device, { from: rowsOf(stream, width), rows: headRows, out: rowsOf(gathered, width), count, width });
    forwardNorm({ device: this.#device, config, count, weight, bias, x: gathered, statistics }, rowsOf(hidden, width, pass * count * width));
  }

  #passStats({ targets, slots, predictions: count }: DeviceBatch, tables: TokenStats, pass: number): void {
    const state = this.#room.state.as(count, STATE_WIDTH);
    for (const { start, size } of this.#tiles()) {
      this.#tileLogits(count, pass, start, size);
      tokenStatsTile(this.#device, {
        logits: this.#room.logits.as(count, size),
        targets,
        state,
        count,
        tileStart: start,
        tileWidth: size,
        temperature: 1,
        first: start === 0,
      });
    }
    tokenStatsFinish(this.#device, { ...tables, state, slots, count, vocabulary: this.#model.config.vocabSize });
    const logSumExp = { tensor: tables.moments, offset: MOMENTS.indexOf('logSumExp'), stride: MOMENTS.length };
    gatherRows(this.#device, { from: logSumExp, rows: slots, out: rowsOf(this.#room.lse, 1, pass * count), count, width: 1 });
  }

  /** The second sweep: each tile's mean over the passes, and its part of the entropy. */
  #sweep({ slots, predictions: count }: DeviceBatch, entropyOfMean: Tensor): void {
    const { logits, lse, mixture } = this.#room;
    const { passes } = this.#options;
    for (const { start, size } of this.#tiles()) {
      for (let pass = 0; pass < passes; pass++) {
        this.#tileLogits(count, pass, start, size);
        addToMixture(this.#device, { logits, lse, mixture, count, width: size, pass, passes });
      }
      addMixtureEntropy(this.#device, { mixture, slots, entropies: entropyOfMean, count, width: size, first: start === 0 });
    }
  }

  #tileLogits(count: number, pass: number, start: number, size: number): void {
    const { width } = this.#model.config;
    const { hidden, logits } = this.#room;
    const weight = this.#model.parameters.head;
    const from = matrix(hidden, width, pass * count * width);
    timesTransposed(this.#device, { weight, rows: [start, start + size], count, from, out: matrix(logits, size) });
  }

  #tiles(): { start: number; size: number }[] {
    const { vocabSize } = this.#model.config;
    return Array.from({ length: Math.ceil(vocabSize / this.#tile) }, (_, i) => ({
      start: i * this.#tile,
      size: Math.min(this.#tile, vocabSize - i * this.#tile),
    }));
  }
}
