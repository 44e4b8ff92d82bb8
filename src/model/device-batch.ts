/** A packed batch on the device, in tensors allocated once for the largest micro-batch. */

import { KernelError } from '../base/errors.ts';
import type { Device } from '../gpu/device.ts';
import type { Tensor } from '../gpu/tensor.ts';
import type { PackedBatch, Segments } from './packing.ts';

export interface DeviceSegments {
  readonly order: Tensor;
  readonly starts: Tensor;
  readonly targets: Tensor;
  readonly segments: number;
}

export interface DeviceBatch {
  /** N packed tokens, J predictions. */
  readonly count: number;
  readonly predictions: number;
  readonly tokens: Tensor;
  readonly positions: Tensor;
  readonly sequences: Tensor;
  readonly ranges: Tensor;
  readonly seenUntil: Tensor;
  readonly headRows: Tensor;
  readonly targets: Tensor;
  readonly slots: Tensor;
  readonly byToken: DeviceSegments;
  readonly byRow: DeviceSegments;
  /** Packed rows by position, for the gradient of learned positions; null where there are none. */
  readonly byPosition: DeviceSegments | null;
}

/** Room for micro-batches of up to `maxTokens` packed tokens and `maxPredictions` predictions. */
export class BatchRoom {
  readonly maxTokens: number;
  readonly maxPredictions: number;
  readonly #device: Device;
  readonly #room: Record<'tokens' | 'positions' | 'sequences' | 'ranges' | 'seenUntil' | 'headRows' | 'targets' | 'slots', Tensor>;
  readonly #byToken: Record<keyof Segments, Tensor>;
  readonly #byRow: Record<keyof Segments, Tensor>;
  readonly #byPosition: Record<keyof Segments, Tensor> | null;

  constructor(device: Device, maxTokens: number, maxPredictions: number, learnsPositions = false) {
    this.#device = device;
    this.maxTokens = maxTokens;
    this.maxPredictions = maxPredictions;
    const room = (name: string, length: number) => device.create('u32', [length], `batch/${name}`);
    const segments = (name: string, length: number) => ({
      order: room(`${name}.order`, length),
      starts: room(`${name}.starts`, length + 1),
      targets: room(`${name}.targets`, length),
    });
    this.#room = {
      tokens: room('tokens', maxTokens),
      positions: room('positions', maxTokens),
      sequences: room('sequences', maxTokens),
      ranges: room('ranges', maxTokens * 4),
      seenUntil: room('seenUntil', maxTokens),
      headRows: room('headRows', maxPredictions),
      targets: room('targets', maxPredictions),
      slots: room('slots', maxPredictions),
    };
    this.#byToken = segments('byToken', maxTokens);
    this.#byRow = segments('byRow', maxPredictions);
    this.#byPosition = learnsPositions ? segments('byPosition', maxTokens) : null;
  }

  /** @throws KernelError if the batch is larger than the room */
  place(batch: PackedBatch, byPosition: Segments | null = null): DeviceBatch {
    const count = batch.tokens.length;
    const predictions = batch.targets.length;
    if (count > this.maxTokens || predictions > this.maxPredictions) {
      throw new KernelError(
        `micro-batch: expected at most ${this.maxTokens} tokens and ${this.maxPredictions} predictions, got ${count} and ${predictions}. Raise batch.micro_tokens.`,
      );
    }
    const put = (tensor: Tensor, data: Uint32Array, shape: readonly number[] = [data.length]) => {
      this.#device.upload(tensor, data);
      return tensor.as(...shape);
    };
    const putSegments = (room: Record<keyof Segments, Tensor>, segments: Segments): DeviceSegments => ({
      order: put(room.order, segments.order),
      starts: put(room.starts, segments.starts),
      targets: put(room.targets, segments.targets),
      segments: segments.targets.length,
    });
    return {
      count,
      predictions,
      tokens: put(this.#room.tokens, batch.tokens),
      positions: put(this.#room.positions, batch.positions),
      sequences: put(this.#room.sequences, batch.sequences),
      ranges: put(this.#room.ranges, batch.ranges, [count, 4]),
      seenUntil: put(this.#room.seenUntil, batch.seenUntil),
      headRows: put(this.#room.headRows, batch.headRows),
      targets: put(this.#room.targets, batch.targets),
      slots: put(this.#room.slots, batch.slots),
      byToken: putSegments(this.#byToken, batch.byToken),
      byRow: putSegments(this.#byRow, batch.byRow),
      byPosition: this.#byPosition && byPosition && putSegments(this.#byPosition, byPosition),
    };
  }
}
