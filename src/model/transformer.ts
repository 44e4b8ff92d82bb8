/** The policy: embed → blocks → head, forward and backward over packed sequences. */

import { DataError } from '../base/errors.ts';
import type { Device } from '../gpu/device.ts';
import { type Tensor } from '../gpu/tensor.ts';
import { ropeTable } from '../kernels/rope.ts';
import { architectureOf } from './architecture.ts';
import { type BackwardRoom, type BlockRoom, createBackwardRoom, createBlockRoom } from './activations.ts';
import { backwardBlock, type BlockContext, drop, type DropoutPass, forwardBlock, type LayerCache } from './block.ts';
import type { ModelConfig } from './config.ts';
import { BatchRoom, type DeviceBatch } from './device-batch.ts';
import { embedBackward, embedTokens } from './embedding.ts';
import { LanguageHead, type TokenSlopes, type TokenStats } from './head.ts';
import type { LoraAdapter } from './lora.ts';
import { type PackedBatch, segmentsOf, withoutTarget } from './packing.ts';
import { type Parameter, type Parameters, tensorsLike } from './parameters.ts';

/**
 * Rotary angles for every position a sequence can have, on the device; nothing where positions are learned.
 *
 * @throws DataError for more positions than were learned
 */
export function createRopeTable(device: Device, config: ModelConfig, positions: number): Tensor {
  if (architectureOf(config).positions === 'learned') {
    if (positions <= config.maxPositions) return device.none.f32;
    throw new DataError(
      `model: expected sequences of at most ${config.maxPositions} tokens, the positions that ${config.family} has learned, got room for ${positions}. Lower rollout.max_tokens, or shorten the prompts.`,
    );
  }
  const table = ropeTable({ headWidth: config.headDim, theta: config.ropeTheta, positions, scaling: config.ropeScaling });
  const tensor = device.create('f32', [positions, config.headDim], 'weights/rope');
  device.upload(tensor, table);
  return tensor;
}

/** Draws the masks of a pass: one key, one set of masks. */
export type DropoutKey = DropoutPass['key'];

/** What room is made for. */
export interface TransformerLimits {
  /** The longest sequence, prompt and completion together. */
  readonly maxPositions: number;
  /** The largest micro-batch: packed tokens, and predicted tokens. */
  readonly maxTokens: number;
  readonly maxPredictions: number;
  /** Keep the input of each block alone, and compute the rest of its activations again in the backward pass. Changes no bit. */
  readonly recompute?: boolean;
}

/** Weights to run with: a model's, with or without an adapter. */
export interface PolicyWeights {
  readonly parameters: Parameters;
  readonly adapter: LoraAdapter | null;
}

/** A model's own weights. */
export function baseWeights(parameters: Parameters): PolicyWeights {
  return { parameters, adapter: null };
}

/** A policy that can be trained, whole or through an adapter: it keeps activations, and has gradients. */
export class Transformer {
  readonly device: Device;
  readonly config: ModelConfig;
  readonly parameters: Parameters;
  readonly adapter: LoraAdapter | null;
  /** What moves: the adapter's parameters, or without one all of the model's. */
  readonly trained: readonly Parameter[];
  readonly gradients: ReadonlyMap<Parameter, Tensor>;
  readonly ropeTable: Tensor;
  readonly #batches: BatchRoom;
  /** One a block; with `recompute` they share everything but their input. */
  readonly #blocks: readonly BlockRoom[];
  readonly #recompute: boolean;
  readonly #output: Tensor;
  readonly #back: BackwardRoom;
  readonly #head: LanguageHead;

  constructor(device: Device, config: ModelConfig, parameters: Parameters, limits: TransformerLimits, adapter: LoraAdapter | null = null) {
    const { maxPositions, maxTokens, maxPredictions, recompute = false } = limits;
    this.device = device;
    this.config = config;
    this.parameters = parameters;
    this.adapter = adapter;
    this.trained = (adapter ?? parameters).all;
    this.gradients = tensorsLike(device, this.trained, 'gradients');
    this.ropeTable = createRopeTable(device, config, maxPositions);
    this.#batches = new BatchRoom(device, maxTokens, maxPredictions, parameters.positions !== null);
    const stream = (layer: number) => device.create('f32', [maxTokens, config.width], `activations/stream.${layer}`);
    const roomOf = (layer: number) => createBlockRoom(device, config, maxTokens, 'activations', stream(layer), adapter?.layers[layer]);
    const shared = roomOf(0);
    this.#blocks = parameters.layers.map((_, layer) => (layer === 0 ? shared : recompute ? { ...shared, input: stream(layer) } : roomOf(layer)));
    this.#recompute = recompute;
    this.#output = stream(config.layers);
    this.#back = createBackwardRoom(device, config, maxTokens, adapter);
    this.#head = new LanguageHead(device, config, parameters, maxPredictions, true);
  }

  /**
   * Puts a packed batch on the device. It stays valid until the next one.
   *
   * The padding token's embedding gets no gradient from where it is fed, also where it serves as an end token too, in families where
   * transformers has it so.
   */
  place(batch: PackedBatch): DeviceBatch {
    const padId = architectureOf(this.config).paddingIsStill ? this.config.padId : null;
    const byPosition = this.parameters.positions && segmentsOf(batch.positions);
    return this.#batches.place(padId === null ? batch : { ...batch, byToken: withoutTarget(batch.byToken, padId) }, byPosition);
  }

  /**
   * Runs the blocks, and writes what the policy (or other weights of the same shape: a reference's) says about the batch's targets into the tables.
   *
   * @param dropoutKey draws the masks of the adapter's dropout; without one nothing is dropped
   */
  forward(batch: DeviceBatch, tables: TokenStats, temperature: number, weights: PolicyWeights = this, dropoutKey: DropoutKey | null = null): void {
    const stream = this.#runBlocks(batch, weights.parameters, this.#context(batch, weights.adapter, dropoutKey));
    this.#head.forward(batch, stream, tables, temperature, weights.parameters);
  }

  /** Runs the embedding and the blocks alone, with dropout where it is given. Returns the stream, valid until the next pass. */
  runBlocks(batch: DeviceBatch, { parameters, adapter }: PolicyWeights = this, dropout?: Pick<DropoutPass, 'rate' | 'key'>): Tensor {
    return this.#runBlocks(batch, parameters, {
      ...this.#context(batch, adapter, null),
      ...(dropout && { dropout: { ...dropout, sequences: batch.sequences } }),
    });
  }

  #runBlocks(batch: DeviceBatch, parameters: Parameters, context: BlockContext): Tensor {
    const { width } = this.config;
    const first = this.#blocks[0]!.input;
    embedTokens(this.device, parameters, this.config, batch, first);
    drop(context, first, width, 0, 'embedding');
    parameters.layers.forEach((layer, index) => {
      const next = this.#blocks[index + 1]?.input ?? this.#output;
      forwardBlock(context, layer, this.#blocks[index]!, next, null, index);
    });
    return this.#output;
  }

  /** Adds to every gradient. Follows a `forward` of the same batch under the same key. */
  backward(batch: DeviceBatch, slopes: TokenSlopes, temperature: number, dropoutKey: DropoutKey | null = null): void {
    const gradientOf = (parameter: Parameter) => this.gradients.get(parameter) ?? null;
    const context = this.#context(batch, this.adapter, dropoutKey);
    this.#head.backward(batch, slopes, this.#back.stream, temperature, gradientOf);
    for (let index = this.parameters.layers.length - 1; index >= 0; index--) {
      const [layer, room] = [this.parameters.layers[index]!, this.#blocks[index]!];
      // The last block's activations are still there.
      if (this.#recompute && index < this.#blocks.length - 1) forwardBlock(context, layer, room, null, null, index);
      backwardBlock(context, layer, room, this.#back, gradientOf, index);
    }
    embedBackward(this.device, this.parameters, this.config, batch, this.#back.stream, gradientOf);
  }

  clearGradients(): void {
    for (const gradient of this.gradients.values()) this.device.clear(gradient);
  }

  /** The residual stream after each block of the last forward pass: the embeddings first. For `verify` and the curious. */
  get streams(): readonly Tensor[] {
    return [...this.#blocks.map((block) => block.input), this.#output];
  }

  #context(batch: DeviceBatch, adapter: LoraAdapter | null, dropoutKey: DropoutKey | null): BlockContext {
    const { count, positions, ranges, seenUntil, sequences } = batch;
    const [rate, room] = [adapter?.options.dropout ?? 0, this.#back.dropped];
    return {
      device: this.device,
      config: this.config,
      ropeTable: this.ropeTable,
      count,
      positions,
      ranges,
      seenUntil,
      ...(adapter && { adapters: adapter.layers }),
      ...(dropoutKey && room && rate > 0 && { adapterDropout: { rate, key: dropoutKey, sequences, room } }),
    };
  }
}

/** One pass through the blocks that keeps nothing but the cache: prefill and decode. */
export class InferencePass {
  readonly stream: Tensor;
  readonly #device: Device;
  readonly #config: ModelConfig;
  readonly #weights: PolicyWeights;
  readonly #room: BlockRoom;
  readonly #ropeTable: Tensor;

  constructor(device: Device, config: ModelConfig, weights: PolicyWeights, ropeTable: Tensor, maxTokens: number) {
    this.#device = device;
    this.#config = config;
    this.#weights = weights;
    this.#ropeTable = ropeTable;
    this.stream = device.create('f32', [maxTokens, config.width], 'decode/stream');
    this.#room = createBlockRoom(device, config, maxTokens, 'decode', this.stream, weights.adapter?.layers[0]);
  }

  /** Feeds `count` tokens; their keys and values go to the cache, the last block's output to `stream`. */
  run(fed: { tokens: Tensor; positions: Tensor; ranges: Tensor; cacheRows: Tensor; count: number }, caches: readonly Tensor[]): void {
    const { positions, ranges, cacheRows, count } = fed;
    const { parameters, adapter } = this.#weights;
    embedTokens(this.#device, parameters, this.#config, fed, this.stream);
    const context: BlockContext = {
      device: this.#device,
      config: this.#config,
      ropeTable: this.#ropeTable,
      count,
      positions,
      ranges,
      ...(adapter && { adapters: adapter.layers }),
    };
    parameters.layers.forEach((layer, index) => {
      const cache: LayerCache = { keyValues: caches[index]!, rows: cacheRows };
      forwardBlock(context, layer, this.#room, this.stream, cache, index);
    });
  }
}
