/** The key-value cache and the tables of a decode, allocated once for the largest wave. */

import type { Device } from '../gpu/device.ts';
import type { Tensor } from '../gpu/tensor.ts';
import { attentionLayout } from '../model/activations.ts';
import type { ModelConfig } from '../model/config.ts';
import { STATE_ROW } from '../kernels/sampling.ts';

/** Bytes of logits held at once while sampling. */
const LOGITS_BYTES = 64 * 2 ** 20;

/** What a sampler makes room for. */
export interface SamplerLimits {
  /** Completions decoded together, and prompt tokens prefilled together. */
  readonly maxRows: number;
  readonly maxPromptTokens: number;
  /** The longest completion. */
  readonly maxTokens: number;
}

/** Rows whose logits are made and drawn from together. */
export interface RowBlock {
  readonly start: number;
  readonly size: number;
  /** start … start + size − 1. */
  readonly rows: Tensor;
  /** The packed row of each completion's last prompt token. */
  readonly promptEnds: Tensor;
}

export interface DecodeRoom {
  readonly caches: readonly Tensor[];
  readonly logits: Tensor;
  readonly blocks: readonly RowBlock[];
  readonly state: Tensor;
  readonly prompts: Tensor;
  readonly ranges: Tensor;
  readonly positions: Tensor;
  readonly cacheRows: Tensor;
  readonly lastTokens: Tensor;
  readonly tokens: Tensor;
  readonly logProbs: Tensor;
  readonly entropies: Tensor;
  readonly seen: Tensor;
  readonly stops: Tensor;
  /** The prompts' own tables, for prefill. */
  readonly prefill: { readonly tokens: Tensor; readonly positions: Tensor; readonly ranges: Tensor; readonly cacheRows: Tensor };
}

export const MAX_STOPS = 16;

export function createDecodeRoom(device: Device, config: ModelConfig, { maxRows, maxPromptTokens, maxTokens }: SamplerLimits): DecodeRoom {
  const { keyValue } = attentionLayout(config);
  const cacheRows = maxPromptTokens + maxRows * maxTokens;
  const room = (name: string, ...shape: number[]) => device.create('u32', shape, `decode/${name}`);
  const blockSize = Math.max(1, Math.min(maxRows, Math.floor(LOGITS_BYTES / (4 * config.vocabSize))));
  const blocks: RowBlock[] = [];
  for (let start = 0; start < maxRows; start += blockSize) {
    const size = Math.min(blockSize, maxRows - start);
    const rows = room('blockRows', size);
    device.upload(
      rows,
      Uint32Array.from({ length: size }, (_, i) => start + i),
    );
    blocks.push({ start, size, rows, promptEnds: room('promptEnds', size) });
  }
  return {
    caches: Array.from({ length: config.layers }, (_, layer) => device.create('f32', [cacheRows, 2 * keyValue], `cache/${layer}`)),
    logits: device.create('f32', [blockSize, config.vocabSize], 'decode/logits'),
    blocks,
    state: room('state', maxRows, STATE_ROW),
    prompts: room('prompts', maxRows, 3),
    ranges: room('ranges', maxRows, 4),
    positions: room('positions', maxRows),
    cacheRows: room('cacheRows', maxRows),
    lastTokens: room('lastTokens', maxRows),
    tokens: room('tokens', maxRows, maxTokens),
    logProbs: device.create('f32', [maxRows, maxTokens], 'decode/logProbs'),
    entropies: device.create('f32', [maxRows, maxTokens], 'decode/entropies'),
    seen: room('seen', maxRows, Math.ceil(config.vocabSize / 32)),
    stops: room('stops', MAX_STOPS),
    prefill: {
      tokens: room('prefill.tokens', maxPromptTokens),
      positions: room('prefill.positions', maxPromptTokens),
      ranges: room('prefill.ranges', maxPromptTokens, 4),
      cacheRows: room('prefill.cacheRows', maxPromptTokens),
    },
  };
}
