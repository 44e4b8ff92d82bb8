/**
 * One decoder block, forward and backward side by side.
 *
 *   a = x + attention(norm(x))        y = a + feedForward(norm(a))
 *
 * The same forward serves training, prefill and decode: with a cache, keys and values are placed there first and read from there.
 */

import type { Device } from '../gpu/device.ts';
import type { Tensor } from '../gpu/tensor.ts';
import { attentionBackward, attentionForward } from '../kernels/attention.ts';
import { dropout } from '../kernels/dropout.ts';
import { rmsNormBackward, rmsNormForward, rmsNormWeightBackward } from '../kernels/rms-norm.ts';
import { rope } from '../kernels/rope.ts';
import { rowsOf, scatterRows } from '../kernels/rows.ts';
import { attentionLayout, type BackwardRoom, type BlockRoom } from './activations.ts';
import { architectureOf } from './architecture.ts';
import type { ModelConfig } from './config.ts';
import { activate, activateBackward } from './feed-forward.ts';
import { backwardLinear, forwardLinear, type GradientOf, type Linear, reduceInput } from './linear.ts';
import { type LayerAdapters, LINEAR_NAMES, type LinearName } from './lora.ts';
import { backwardNorm, forwardNorm, type Norm } from './norm.ts';
import type { LayerParameters, Parameter } from './parameters.ts';

/** Keys and values of one layer: row r holds its keys, then its values. */
export interface LayerCache {
  readonly keyValues: Tensor;
  /** Where each of the fed tokens goes, u32 [count]. */
  readonly rows: Tensor;
}

/** What a block needs to know about the tokens it is fed. */
export interface BlockContext {
  readonly device: Device;
  readonly config: ModelConfig;
  /** Of no use where positions are learned. */
  readonly ropeTable: Tensor;
  /** Fed tokens. */
  readonly count: number;
  readonly positions: Tensor;
  readonly ranges: Tensor;
  readonly seenUntil?: Tensor;
  readonly dropout?: DropoutPass;
  /** Low-rank corrections by layer; absent for the base model. */
  readonly adapters?: readonly LayerAdapters[];
  /** Dropout of what the corrections read, while they are trained. */
  readonly adapterDropout?: DropoutPass & { readonly room: Tensor };
}

/** Dropout in a forward pass: on the embeddings, the attention output, the gated activations and the feed-forward output. */
export interface DropoutPass {
  readonly rate: number;
  readonly key: readonly [number, number];
  /** The sequence of each fed token. */
  readonly sequences: Tensor;
}

/** The places of a network that dropout acts on; the embeddings are `site(0, 'embedding')`. */
const PLACES = ['embedding', 'attention', 'activation', 'feedForward'] as const;

/** Drops elements of `x` [count, width] in place, and adds the stream that the branch joins. */
export function drop(
  { device, dropout: pass, positions, count }: BlockContext,
  x: Tensor,
  width: number,
  layer: number,
  place: (typeof PLACES)[number],
  addend?: Tensor,
): void {
  if (!pass) return;
  const site = layer * PLACES.length + PLACES.indexOf(place);
  dropout(device, { x, ...(addend && { addend }), sequences: pass.sequences, positions, count, width, site, rate: pass.rate, key: pass.key });
}

/**
 * y from x, leaving in `room` what the backward pass reads. `output` may be `room.input` when no backward follows, or null when the
 * output is known and only what the backward pass reads is wanted again.
 */
export function forwardBlock(context: BlockContext, layer: LayerParameters, room: BlockRoom, output: Tensor | null, cache: LayerCache | null, index = 0): void {
  const { width, ffWidth } = context.config;
  const linear = linearsOf(context, layer, room, index);

  forwardNorm(inputNorm(context, layer, room), rowsOf(room.attentionNorm, width));
  forwardAttention(context, layer, room, cache, linear('qkv'));
  forwardLinear(linear('attentionOut'), room.attended, room.middle, joining(context, room.input));
  drop(context, room.middle, width, index, 'attention', room.input);

  forwardNorm(feedForwardNorm(context, layer, room), rowsOf(room.feedForwardNorm, width));
  forwardLinear(linear('gateUp'), room.feedForwardNorm, room.gateUp);
  activate(context, room.gateUp, room.activated);
  drop(context, room.activated, ffWidth, index, 'activation');
  if (output === null) {
    reduceInput(linear('down'), room.activated);
    return;
  }
  forwardLinear(linear('down'), room.activated, output, joining(context, room.middle));
  drop(context, output, width, index, 'feedForward', room.middle);
}

/** A branch is added to the stream in the product's own pass, unless dropout comes between. */
function joining({ dropout: pass }: BlockContext, stream: Tensor): Tensor | undefined {
  return pass ? undefined : stream;
}

/** The block's matrices by name, each with its bias and its correction. */
function linearsOf(context: BlockContext, layer: LayerParameters, room: BlockRoom, index: number): (name: LinearName) => Linear {
  const { device, count, positions, adapters, adapterDropout } = context;
  const dropoutOf = (name: LinearName) => adapterDropout && { ...adapterDropout, positions, site: index * LINEAR_NAMES.length + LINEAR_NAMES.indexOf(name) };
  return (name) => ({
    device,
    count,
    weight: layer[name],
    bias: layer[`${name}Bias`],
    adapter: adapters?.[index]?.[name] ?? null,
    reduced: room.reduced[name],
    dropout: dropoutOf(name) ?? null,
  });
}

/** Turns dL/dy in `back.stream` into dL/dx, in place, and adds to the gradients of the layer's parameters. */
export function backwardBlock(context: BlockContext, layer: LayerParameters, room: BlockRoom, back: BackwardRoom, gradientOf: GradientOf, index = 0): void {
  const linear = linearsOf(context, layer, room, index);
  const throughNorm = { dOut: back.norm, dX: back.stream, accumulate: true, gradientOf, scratch: back.columns };

  backwardLinear(linear('down'), room.activated, back.stream, back.activated, gradientOf, back);
  activateBackward(context, room.gateUp, back.activated, back.gateUp);
  backwardLinear(linear('gateUp'), room.feedForwardNorm, back.gateUp, back.norm, gradientOf, back);
  backwardNorm(feedForwardNorm(context, layer, room), throughNorm);

  backwardLinear(linear('attentionOut'), room.attended, back.stream, back.attended, gradientOf, back);
  backwardAttention(context, layer, room, back, gradientOf, linear('qkv'));
  backwardNorm(inputNorm(context, layer, room), throughNorm);
}

function inputNorm({ device, config, count }: BlockContext, { inputNorm: weight, inputNormBias: bias }: LayerParameters, room: BlockRoom): Norm {
  return { device, config, count, weight, bias, x: room.input, statistics: room.attentionStatistics };
}

function feedForwardNorm(
  { device, config, count }: BlockContext,
  { feedForwardNorm: weight, feedForwardNormBias: bias }: LayerParameters,
  room: BlockRoom,
): Norm {
  return { device, config, count, weight, bias, x: room.middle, statistics: room.feedForwardStatistics };
}

function forwardAttention(context: BlockContext, layer: LayerParameters, room: BlockRoom, cache: LayerCache | null, qkv: Linear): void {
  const { device, config, count, ranges } = context;
  const { heads, kvHeads, headDim } = config;
  const { query, keyValue, row } = attentionLayout(config);

  forwardLinear(qkv, room.attentionNorm, room.projected ?? room.qkv);
  if (room.projected && layer.queryNorm && layer.keyNorm) {
    device.copy(room.projected, room.qkv, count * row);
    const norm = (weight: Parameter, inverseRms: Tensor, pieces: number, offset: number) =>
      rmsNormForward(device, {
        x: rowsOf(room.projected!, row, offset),
        out: rowsOf(room.qkv, row, offset),
        weight: weight.weights,
        inverseRms,
        count,
        heads: pieces,
        width: headDim,
        eps: config.normEps,
      });
    norm(layer.queryNorm, room.queryRms!, heads, 0);
    norm(layer.keyNorm, room.keyRms!, kvHeads, query);
  }
  rotate(context, room.qkv, false);
  if (cache) {
    scatterRows(device, { from: rowsOf(room.qkv, row, query), rows: cache.rows, out: rowsOf(cache.keyValues, 2 * keyValue), count, width: 2 * keyValue });
  }
  attentionForward(device, {
    queries: rowsOf(room.qkv, row),
    keys: cache ? rowsOf(cache.keyValues, 2 * keyValue) : rowsOf(room.qkv, row, query),
    values: cache ? rowsOf(cache.keyValues, 2 * keyValue, keyValue) : rowsOf(room.qkv, row, query + keyValue),
    out: rowsOf(room.attended, query),
    lse: room.lse,
    ranges,
    ...attentionShape(context),
  });
}

function backwardAttention(context: BlockContext, layer: LayerParameters, room: BlockRoom, back: BackwardRoom, gradientOf: GradientOf, qkv: Linear): void {
  const { device, config, count, ranges, seenUntil } = context;
  const { heads, kvHeads, headDim } = config;
  const { query, keyValue, row } = attentionLayout(config);
  const slices = (tensor: Tensor) => [rowsOf(tensor, row), rowsOf(tensor, row, query), rowsOf(tensor, row, query + keyValue)] as const;
  const [queries, keys, values] = slices(room.qkv);
  const [dQueries, dKeys, dValues] = slices(back.qkv);
  attentionBackward(device, {
    queries,
    keys,
    values,
    out: rowsOf(room.attended, query),
    dOut: rowsOf(back.attended, query),
    lse: room.lse,
    ranges,
    seenUntil: seenUntil!,
    delta: back.delta,
    dQueries,
    dKeys,
    dValues,
    ...attentionShape(context),
  });
  rotate(context, back.qkv, true);

  let dProjected = back.qkv;
  if (room.projected && back.projected && layer.queryNorm && layer.keyNorm) {
    dProjected = back.projected;
    device.copy(back.qkv, dProjected, count * row);
    const norm = (weight: Parameter, inverseRms: Tensor, pieces: number, offset: number) => {
      const shared = { x: rowsOf(room.projected!, row, offset), inverseRms, dOut: rowsOf(back.qkv, row, offset), count, heads: pieces, width: headDim };
      const dWeight = gradientOf(weight);
      if (dWeight) rmsNormWeightBackward(device, { ...shared, dWeight, scratch: back.columns });
      rmsNormBackward(device, { ...shared, weight: weight.weights, dX: rowsOf(dProjected, row, offset), accumulate: false });
    };
    norm(layer.queryNorm, room.queryRms!, heads, 0);
    norm(layer.keyNorm, room.keyRms!, kvHeads, query);
  }
  backwardLinear(qkv, room.attentionNorm, dProjected, back.norm, gradientOf, back);
}

/** Turns queries and keys to their positions, or back; they lie side by side, so one rotation serves both. */
function rotate({ device, config, positions, ropeTable, count }: BlockContext, qkv: Tensor, inverse: boolean): void {
  if (architectureOf(config).positions !== 'rotary') return;
  const { heads, kvHeads, headDim } = config;
  rope(device, { x: rowsOf(qkv, attentionLayout(config).row), heads: heads + kvHeads, headWidth: headDim, positions, table: ropeTable, count, inverse });
}

function attentionShape({ config, count }: BlockContext) {
  const { heads, kvHeads, headDim, slidingWindow } = config;
  return { count, heads, kvHeads, headWidth: headDim, window: slidingWindow ?? 0, scale: 1 / Math.sqrt(headDim) };
}
