/**
 * The in-process learner: what the policy says about a mini-batch, and how it moves.
 *
 * A mini-batch is cut into micro-batches that fit the device; tables are of the whole mini-batch, so the cuts change no result.
 */

import type { Random } from '../base/random.ts';
import type { Device } from '../gpu/device.ts';
import type { Tensor } from '../gpu/tensor.ts';
import type { DeviceBatch } from '../model/device-batch.ts';
import { DropoutPasses, type DropoutPassesOptions } from '../model/dropout-passes.ts';
import type { TokenSlopes, TokenStats } from '../model/head.ts';
import { microBatches, packGroups, type PackedGroup } from '../model/packing.ts';
import type { DropoutKey, PolicyWeights, Transformer } from '../model/transformer.ts';
import type { AdamW, UpdateReport } from '../optim/adamw.ts';

/** What a learner makes room for. */
export interface LearnerLimits {
  /** The largest mini-batch: rows of its tables, and tokens a row. */
  readonly maxRows: number;
  readonly maxLength: number;
  /** The largest micro-batch, in tokens; and in rows, where a test asks for it. */
  readonly microTokens: number;
  readonly microRows?: number;
}

/** What passes with dropout say about each token of a mini-batch's tables, [rows, length]. */
export interface Uncertainty {
  readonly entropyOfMean: Float64Array;
  readonly meanOfEntropies: Float64Array;
}

/** Says what the policy thinks of a mini-batch, and moves it. */
export class Learner {
  readonly device: Device;
  readonly model: Transformer;
  readonly optimizer: AdamW;
  readonly #limits: LearnerLimits;
  readonly #stats: TokenStats;
  readonly #referenceStats: TokenStats | null;
  readonly #reference: PolicyWeights | null;
  #dropout: { readonly passes: DropoutPasses; readonly entropyOfMean: Tensor } | null = null;
  /** The micro-batch whose activations the model still holds, and the masks they were made under. */
  #held: { readonly groups: readonly PackedGroup[]; readonly batch: DeviceBatch; readonly dropoutKey: DropoutKey | null } | null = null;

  constructor(model: Transformer, optimizer: AdamW, reference: PolicyWeights | null, limits: LearnerLimits) {
    this.device = model.device;
    this.model = model;
    this.optimizer = optimizer;
    this.#limits = limits;
    this.#reference = reference;
    this.#stats = createTables(model.device, limits, 'policy');
    this.#referenceStats = reference ? createTables(model.device, limits, 'reference') : null;
  }

  /** Whether passes that are learned from are under the adapter's dropout: what they say is then not what the sampler's policy says. */
  get dropsOut(): boolean {
    return (this.model.adapter?.options.dropout ?? 0) > 0;
  }

  /**
   * What the policy says now about every target of the groups: tables [rows, length]. Valid until the next call.
   *
   * @param dropout draws the masks of the adapter's dropout in a pass that is learned from; none elsewhere
   */
  policyStats(groups: readonly PackedGroup[], rows: number, length: number, temperature: number, dropout: Random | null = null): TokenStats {
    const tables = shaped(this.#stats, rows, length);
    this.#forwardAll(groups, tables, temperature, this.model, dropout?.key ?? null);
    return tables;
  }

  /** The same under the reference, log-probs only. */
  referenceLogProbs(groups: readonly PackedGroup[], rows: number, length: number, temperature: number): Tensor {
    const tables = shaped(this.#referenceStats!, rows, length);
    this.#forwardAll(groups, tables, temperature, this.#reference!, null);
    this.#held = null;
    return tables.logProbs;
  }

  /**
   * Several passes with dropout over the groups' targets, per row of the tables: the entropy of their mean distribution, and the mean of
   * their entropies.
   */
  async uncertainty(groups: readonly PackedGroup[], rows: number, length: number, options: DropoutPassesOptions, random: Random): Promise<Uncertainty> {
    this.#held = null;
    this.#dropout ??= {
      passes: new DropoutPasses(this.model, this.#limits.microTokens, options),
      entropyOfMean: this.device.create('f32', [this.#limits.maxRows, this.#limits.maxLength], 'dropout/entropyOfMean'),
    };
    const { passes, entropyOfMean } = this.#dropout;
    const tables = shaped(this.#stats, rows, length);
    const meanOfEntropies = new Float64Array(rows * length);
    const reads: Promise<void>[] = [];
    for (const pack of this.#packs(groups)) {
      const batch = packGroups(pack);
      passes.run(this.model.place(batch), tables, entropyOfMean.as(rows, length), random, () => {
        const read = this.device.read(tables.entropies);
        reads.push(read.then((entropies) => batch.slots.forEach((slot) => (meanOfEntropies[slot]! += entropies[slot]! / options.passes))));
      });
    }
    const mean = await this.device.read(entropyOfMean.as(rows, length));
    await Promise.all(reads);
    return { entropyOfMean: Float64Array.from(mean), meanOfEntropies };
  }

  /** Adds the slopes' gradient of every parameter. Follows `policyStats` of the same groups under the same dropout. */
  accumulate(groups: readonly PackedGroup[], slopes: TokenSlopes, temperature: number, dropout: Random | null = null): void {
    const packs = this.#packs(groups);
    const dropoutKey = dropout?.key ?? null;
    const scratch = shaped(this.#stats, ...(slopes.byLogProb.shape as [number, number]));
    for (const pack of packs) {
      const isHeld = packs.length === 1 && this.#held?.groups === groups && this.#held.dropoutKey?.join() === dropoutKey?.join();
      const held = isHeld ? this.#held!.batch : null;
      const batch = held ?? this.model.place(packGroups(pack));
      if (!held) this.model.forward(batch, scratch, temperature, this.model, dropoutKey);
      this.model.backward(batch, slopes, temperature, dropoutKey);
    }
    this.#held = null;
  }

  /** Moves the policy by the gradient accumulated, and clears it. */
  update(lr: number): Promise<UpdateReport> {
    const report = this.optimizer.update(lr);
    this.model.clearGradients();
    return report;
  }

  /** The table rows that go through the model together. */
  microRows(groups: readonly PackedGroup[], length: number): number[][] {
    return this.#packs(groups).map((pack) => pack.flatMap(({ continuations }) => continuations.map(({ slot }) => slot / length)));
  }

  #forwardAll(groups: readonly PackedGroup[], tables: TokenStats, temperature: number, weights: PolicyWeights, dropoutKey: DropoutKey | null): void {
    this.#held = null;
    const packs = this.#packs(groups);
    for (const pack of packs) {
      const batch = this.model.place(packGroups(pack));
      this.model.forward(batch, tables, temperature, weights, dropoutKey);
      if (packs.length === 1) this.#held = { groups, batch, dropoutKey };
    }
  }

  #packs(groups: readonly PackedGroup[]): PackedGroup[][] {
    return microBatches(groups, this.#limits.microTokens, this.#limits.microRows);
  }
}

function createTables(device: Device, { maxRows, maxLength }: LearnerLimits, name: string): TokenStats {
  const table = (part: string, ...more: number[]) => device.create('f32', [maxRows, maxLength, ...more], `tables/${name}.${part}`);
  return { logProbs: table('logProbs'), entropies: table('entropies'), moments: table('moments', 6) };
}

function shaped(tables: TokenStats, rows: number, length: number): TokenStats {
  return { logProbs: tables.logProbs.as(rows, length), entropies: tables.entropies.as(rows, length), moments: tables.moments.as(rows, length, 6) };
}
