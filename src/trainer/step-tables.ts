/** The tables of a mini-batch on the device, in tensors allocated once for the largest. */

import type { MiniBatch, Needs } from '../algorithms/algorithm.ts';
import type { Device } from '../gpu/device.ts';
import type { Tensor } from '../gpu/tensor.ts';
import type { TokenStats } from '../model/head.ts';
import { lossLength, type MiniBatchRows, type StepMaterial } from './mini-batches.ts';
import type { PerToken } from './rollout-signals.ts';

type TableName = 'responseMask' | 'oldLogProbs' | 'oldEntropies' | 'rolloutLogProbs' | 'tokenAdvantages';

/** What a mini-batch holds beside the rows themselves. */
export interface LayOutOptions {
  readonly refLogProbs: Tensor | null;
  /** Whether the policy has moved since it sampled. */
  readonly hasMoved: boolean;
  readonly vocabulary?: number;
  readonly microRows?: readonly (readonly number[])[];
}

/** Lays mini-batches out as tables on the device. */
export class StepTables {
  readonly #device: Device;
  readonly #needs: Needs;
  readonly #capacity: readonly [number, number];
  readonly #tables = new Map<TableName, Tensor>();

  constructor(device: Device, maxRows: number, maxLength: number, needs: Needs) {
    this.#device = device;
    this.#needs = needs;
    this.#capacity = [maxRows, maxLength];
    this.#table('responseMask');
    this.#table('oldLogProbs');
    if (needs.oldEntropies) this.#table('oldEntropies');
    if (needs.rolloutLogProbs) this.#table('rolloutLogProbs');
    if (needs.tokenAdvantages) this.#table('tokenAdvantages');
  }

  /** The mini-batch as the algorithm takes it. Valid until the next one is laid out. */
  layOut(rows: MiniBatchRows, material: StepMaterial, now: TokenStats, { refLogProbs, hasMoved, vocabulary, microRows }: LayOutOptions): MiniBatch {
    const { batch, advantages, scored, signals } = material;
    const { oldEntropies, rolloutLogProbs, reference } = this.#needs;
    const { inLoss, tokens, tokensInLoss } = advantages;
    const maskOf = (row: number): ArrayLike<number> => {
      const length = inLoss[row] ? batch.lengths[row]! : 0;
      return tokensInLoss ? tokensInLoss.subarray(row * rows.T, row * rows.T + length) : new Float32Array(length).fill(1);
    };
    const pick = (values: ArrayLike<number>) => Float64Array.from(rows.rows, (row) => values[row]!);
    return {
      device: this.#device,
      B: rows.rows.length,
      T: rows.T,
      tokenCount: rows.tokenCount,
      rowCount: rows.rowCount,
      responseMask: this.#put('responseMask', rows, maskOf),
      policyLogProbs: now.logProbs,
      entropies: now.entropies,
      moments: now.moments,
      oldLogProbs: hasMoved ? this.#put('oldLogProbs', rows, rowOf(signals.oldLogProbs)) : now.logProbs,
      ...(oldEntropies && { oldEntropies: this.#put('oldEntropies', rows, rowOf(signals.oldEntropies)) }),
      ...(rolloutLogProbs && { rolloutLogProbs: this.#put('rolloutLogProbs', rows, (row) => scored[row]!.rollout.logProbs) }),
      ...(reference && refLogProbs && { refLogProbs }),
      ...(tokens && { tokenAdvantages: this.#put('tokenAdvantages', rows, (row) => tokens.subarray(row * rows.T, row * rows.T + batch.lengths[row]!)) }),
      advantages: pick(advantages.values),
      terms: new Map([...advantages.terms].map(([name, values]) => [name, pick(values)])),
      // What is out of the loss is not there as far as the algorithm is concerned.
      lengths: Uint32Array.from(rows.rows, (row) => lossLength(batch, advantages, row)),
      groupIds: Uint32Array.from(rows.rows, (row) => scored[row]!.rollout.prompt),
      rowIds: Uint32Array.from(rows.rows),
      maxTokens: batch.maxTokens,
      ...(vocabulary !== undefined && { vocabulary }),
      ...(microRows && { microRows }),
    };
  }

  #table(name: TableName): Tensor {
    const known = this.#tables.get(name);
    if (known) return known;
    const table = this.#device.create('f32', this.#capacity, `tables/${name}`);
    this.#tables.set(name, table);
    return table;
  }

  #put(name: TableName, { rows, T }: MiniBatchRows, valuesOf: (row: number) => ArrayLike<number>): Tensor {
    const flat = new Float32Array(rows.length * T);
    rows.forEach((row, index) => flat.set(Array.from(valuesOf(row)), index * T));
    const tensor = this.#table(name).as(rows.length, T);
    this.#device.upload(tensor, flat);
    return tensor;
  }
}

function rowOf(values: PerToken): (row: number) => ArrayLike<number> {
  return (row) => values[row]!;
}
