/** What a pass through the model keeps on the device, allocated once for the largest micro-batch. */

import type { Device } from '../gpu/device.ts';
import type { Tensor } from '../gpu/tensor.ts';
import { columnSumScratch } from '../kernels/column-sum.ts';
import { normScratch } from '../kernels/rms-norm.ts';
import { architectureOf } from './architecture.ts';
import type { ModelConfig } from './config.ts';
import { gateUpWidth } from './feed-forward.ts';
import { type LayerAdapters, LINEAR_NAMES, type LinearName, type LoraAdapter } from './lora.ts';
import { statisticsWidth } from './norm.ts';

/** Widths of the packed q, k, v row, in elements. */
export function attentionLayout({ heads, kvHeads, headDim }: ModelConfig): { query: number; keyValue: number; row: number } {
  const query = heads * headDim;
  const keyValue = kvHeads * headDim;
  return { query, keyValue, row: query + 2 * keyValue };
}

/** One block's forward pass. All [tokens, …]. */
export interface BlockRoom {
  readonly input: Tensor;
  readonly attentionNorm: Tensor;
  readonly attentionStatistics: Tensor;
  /** q, k, v before their norms; only where the model has such norms. */
  readonly projected: Tensor | null;
  readonly queryRms: Tensor | null;
  readonly keyRms: Tensor | null;
  readonly qkv: Tensor;
  readonly attended: Tensor;
  readonly lse: Tensor;
  readonly middle: Tensor;
  readonly feedForwardNorm: Tensor;
  readonly feedForwardStatistics: Tensor;
  readonly gateUp: Tensor;
  readonly activated: Tensor;
  /** scale · x · Aᵀ of each corrected matrix. */
  readonly reduced: Readonly<Record<LinearName, Tensor | null>>;
}

/** One block's backward pass, shared by all blocks. */
export interface BackwardRoom {
  /** dL/d(residual stream), [tokens, width]. */
  readonly stream: Tensor;
  readonly norm: Tensor;
  readonly qkv: Tensor;
  readonly projected: Tensor | null;
  readonly attended: Tensor;
  readonly delta: Tensor;
  readonly gateUp: Tensor;
  readonly activated: Tensor;
  /** Scratch of the widest low-rank product; null without corrections. */
  readonly reduced: Tensor | null;
  /** Scratch of the widest input of a correction; null without dropout. */
  readonly dropped: Tensor | null;
  /** Partial sums over rows, for gradients of norms and biases. */
  readonly columns: Tensor;
}

export function createBlockRoom(device: Device, config: ModelConfig, tokens: number, label: string, input: Tensor, adapters?: LayerAdapters): BlockRoom {
  const { width, ffWidth, heads, kvHeads, qkNorm } = config;
  const { query, row } = attentionLayout(config);
  const room = (name: string, columns: number) => device.create('f32', [tokens, columns], `${label}/${name}`);
  return {
    input,
    attentionNorm: room('attentionNorm', width),
    attentionStatistics: room('attentionStatistics', statisticsWidth(config)),
    projected: qkNorm ? room('projected', row) : null,
    queryRms: qkNorm ? room('queryRms', heads) : null,
    keyRms: qkNorm ? room('keyRms', kvHeads) : null,
    qkv: room('qkv', row),
    attended: room('attended', query),
    lse: room('lse', heads),
    middle: room('middle', width),
    feedForwardNorm: room('feedForwardNorm', width),
    feedForwardStatistics: room('feedForwardStatistics', statisticsWidth(config)),
    gateUp: room('gateUp', gateUpWidth(config)),
    activated: room('activated', ffWidth),
    reduced: reducedOf((name) => {
      const columns = adapters?.[name]?.a.shape[0];
      return columns === undefined ? null : room(`reduced.${name}`, columns);
    }),
  };
}

function reducedOf(make: (name: LinearName) => Tensor | null): BlockRoom['reduced'] {
  return { qkv: make('qkv'), attentionOut: make('attentionOut'), gateUp: make('gateUp'), down: make('down') };
}

export function createBackwardRoom(device: Device, config: ModelConfig, tokens: number, adapter: LoraAdapter | null): BackwardRoom {
  const { width, ffWidth, heads, qkNorm, headDim } = config;
  const { query, row } = attentionLayout(config);
  const room = (name: string, columns: number) => device.create('f32', [tokens, columns], `backward/${name}`);
  // A has a row for each number that a correction is reduced to, and a column for each that it reads.
  const corrections = (adapter?.layers ?? []).flatMap((layer) => LINEAR_NAMES.flatMap((name) => layer[name]?.a ?? []));
  const [widest, widestRead] = [0, 1].map((axis) => Math.max(0, ...corrections.map(({ shape }) => shape[axis]!))) as [number, number];
  const widestBias = architectureOf(config).biases ? Math.max(row, gateUpWidth(config), width) : row;
  const columns = Math.max(normScratch(tokens, width), normScratch(tokens * heads, headDim), columnSumScratch(tokens, widestBias));
  return {
    stream: room('stream', width),
    norm: room('norm', width),
    qkv: room('qkv', row),
    projected: qkNorm ? room('projected', row) : null,
    attended: room('attended', query),
    delta: room('delta', heads),
    gateUp: room('gateUp', gateUpWidth(config)),
    activated: room('activated', ffWidth),
    reduced: widest > 0 ? room('reduced', widest) : null,
    dropped: adapter?.options.dropout ? room('dropped', widestRead) : null,
    columns: device.create('f32', [columns], 'backward/columns'),
  };
}
