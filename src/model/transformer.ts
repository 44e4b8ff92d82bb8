/** The policy: embed → blocks → head, forward and backward over packed sequences. */

import type { Device } from '../gpu/device.ts';
import { type Tensor } from '../gpu/tensor.ts';
import { ropeTable } from '../kernels/rope.ts';
import { gatherRows, rowsOf, segmentSum } from '../kernels/rows.ts';
import { type BackwardRoom, type BlockRoom, createBackwardRoom, createBlockRoom } from './activations.ts';
import { backwardBlock, type BlockContext, drop, type DropoutPass, forwardBlock, type LayerCache } from './block.ts';
import type { ModelConfig } from './config.ts';
import { BatchRoom, type DeviceBatch } from './device-batch.ts';
import { LanguageHead, type TokenSlopes, type TokenStats } from './head.ts';
import type { PackedBatch } from './packing.ts';
import { type Parameter, type Parameters, tensorsLike } from './parameters.ts';

/** Rotary angles for every position a sequence can have, on the device. */
export function createRopeTable(device: Device, config: ModelConfig, positions: number): Tensor {
  const table = ropeTable({ headWidth: config.headDim, theta: config.ropeTheta, positions, scaling: config.ropeScaling });
  const tensor = device.create('f32', [positions, config.headDim], 'weights/rope');
  device.upload(tensor, table);
  return tensor;
}

export interface TransformerLimits {
  /** The longest sequence, prompt and completion together. */
  readonly maxPositions: number;
  /** The largest micro-batch: packed tokens, and predicted tokens. */
  readonly maxTokens: number;
  readonly maxPredictions: number;
}

/** A policy that can be trained: it keeps every activation, and has gradients. */
export class Transformer {
  readonly device: Device;
  readonly config: ModelConfig;
  readonly parameters: Parameters;
  readonly gradients: ReadonlyMap<Parameter, Tensor>;
  readonly ropeTable: Tensor;
  readonly #batches: BatchRoom;
  readonly #blocks: readonly BlockRoom[];
  readonly #output: Tensor;
  readonly #back: BackwardRoom;
  readonly #head: LanguageHead;

  constructor(device: Device, config: ModelConfig, parameters: Parameters, limits: TransformerLimits) {
    const { maxPositions, maxTokens, maxPredictions } = limits;
    this.device = device;
    this.config = config;
    this.parameters = parameters;
    this.gradients = tensorsLike(device, parameters, 'gradients');
    this.ropeTable = createRopeTable(device, config, maxPositions);
    this.#batches = new BatchRoom(device, maxTokens, maxPredictions);
    const stream = (layer: number) => device.create('f32', [maxTokens, config.width], `activations/stream.${layer}`);
    this.#blocks = parameters.layers.map((_, layer) => createBlockRoom(device, config, maxTokens, 'activations', stream(layer)));
    this.#output = stream(config.layers);
    this.#back = createBackwardRoom(device, config, maxTokens);
    this.#head = new LanguageHead(device, config, parameters, maxPredictions, true);
  }

  /** Puts a packed batch on the device. It stays valid until the next one. */
  place(batch: PackedBatch): DeviceBatch {
    return this.#batches.place(batch);
  }

  /** Runs the blocks, and writes what the policy (or another model of the same shape) says about the batch's targets into the tables. */
  forward(batch: DeviceBatch, tables: TokenStats, temperature: number, parameters = this.parameters): void {
    this.#head.forward(batch, this.runBlocks(batch, parameters), tables, temperature, parameters);
  }

  /** Runs the embedding and the blocks alone, with dropout where it is given. Returns the stream, valid until the next pass. */
  runBlocks(batch: DeviceBatch, parameters = this.parameters, dropout?: Pick<DropoutPass, 'rate' | 'key'>): Tensor {
    const { width } = this.config;
    const first = this.#blocks[0]!.input;
    const context = { ...this.#context(batch), ...(dropout && { dropout: { ...dropout, sequences: batch.sequences } }) };
    gatherRows(this.device, { from: rowsOf(parameters.embedding.weights, width), rows: batch.tokens, out: rowsOf(first, width), count: batch.count, width });
    drop(context, first, width, 0, 'embedding');
    parameters.layers.forEach((layer, index) => {
      const next = this.#blocks[index + 1]?.input ?? this.#output;
      forwardBlock(context, layer, this.#blocks[index]!, next, null, index);
    });
    return this.#output;
  }

  /** Adds to every gradient. Follows a `forward` of the same batch. */
  backward(batch: DeviceBatch, slopes: TokenSlopes, temperature: number): void {
    const gradientOf = (parameter: Parameter) => this.gradients.get(parameter)!;
    const context = this.#context(batch);
    this.#head.backward(batch, slopes, this.#back.stream, temperature, gradientOf);
    for (let index = this.parameters.layers.length - 1; index >= 0; index--) {
      backwardBlock(context, this.parameters.layers[index]!, this.#blocks[index]!, this.#back, gradientOf);
    }
    const { width } = this.config;
    segmentSum(this.device, { from: rowsOf(this.#back.stream, width), ...batch.byToken, out: rowsOf(gradientOf(this.parameters.embedding), width), width });
  }

  clearGradients(): void {
    for (const gradient of this.gradients.values()) this.device.clear(gradient);
  }

  /** The residual stream after each block of the last forward pass: the embeddings first. For `verify` and the curious. */
  get streams(): readonly Tensor[] {
    return [...this.#blocks.map((block) => block.input), this.#output];
  }

  #context(batch: DeviceBatch): BlockContext {
    const { count, positions, ranges, seenUntil } = batch;
    return { device: this.device, config: this.config, ropeTable: this.ropeTable, count, positions, ranges, seenUntil };
  }
}

/** One pass through the blocks that keeps nothing but the cache: prefill and decode. */
export class InferencePass {
  readonly stream: Tensor;
  readonly #device: Device;
  readonly #config: ModelConfig;
  readonly #parameters: Parameters;
  readonly #room: BlockRoom;
  readonly #ropeTable: Tensor;

  constructor(device: Device, config: ModelConfig, parameters: Parameters, ropeTable: Tensor, maxTokens: number) {
    this.#device = device;
    this.#config = config;
    this.#parameters = parameters;
    this.#ropeTable = ropeTable;
    this.stream = device.create('f32', [maxTokens, config.width], 'decode/stream');
    this.#room = createBlockRoom(device, config, maxTokens, 'decode', this.stream);
  }

  /** Feeds `count` tokens; their keys and values go to the cache, the last block's output to `stream`. */
  run(fed: { tokens: Tensor; positions: Tensor; ranges: Tensor; cacheRows: Tensor; count: number }, caches: readonly Tensor[]): void {
    const { width } = this.#config;
    const { tokens, positions, ranges, cacheRows, count } = fed;
    gatherRows(this.#device, { from: rowsOf(this.#parameters.embedding.weights, width), rows: tokens, out: rowsOf(this.stream, width), count, width });
    const context: BlockContext = { device: this.#device, config: this.#config, ropeTable: this.#ropeTable, count, positions, ranges };
    this.#parameters.layers.forEach((layer, index) => {
      const cache: LayerCache = { keyValues: caches[index]!, rows: cacheRows };
      forwardBlock(context, layer, this.#room, this.stream, cache);
    });
  }
}
