/** Small models of every family, in which no mistake hides: norms are not 1, biases are not 0, attention is far from even. */

import { Random } from '../../src/base/random.ts';
import type { Device } from '../../src/gpu/device.ts';
import { elementsOf, type Tensor } from '../../src/gpu/tensor.ts';
import type { ModelConfig } from '../../src/model/config.ts';
import type { PackedGroup } from '../../src/model/packing.ts';
import { createParameters, type Parameters } from '../../src/model/parameters.ts';
import { Transformer } from '../../src/model/transformer.ts';
import type { TokenStats } from '../../src/model/head.ts';

const llama: ModelConfig = {
  family: 'llama',
  layers: 2,
  width: 20,
  heads: 4,
  kvHeads: 2,
  headDim: 6,
  ffWidth: 28,
  vocabSize: 41,
  normEps: 1e-5,
  ropeTheta: 100,
  ropeScaling: null,
  tied: true,
  qkvBias: false,
  qkNorm: false,
  slidingWindow: null,
  maxPositions: 64,
  bosId: null,
  eosIds: [2],
  padId: null,
};

export const TINY_MODELS = {
  llama,
  'llama with stretched positions': {
    ...llama,
    ropeTheta: 1000,
    ropeScaling: { kind: 'llama3', factor: 4, lowFreqFactor: 1, highFreqFactor: 4, originalMaxPositions: 16 },
    tied: false,
  },
  mistral: { ...llama, family: 'mistral', tied: false, slidingWindow: 5 },
  qwen2: { ...llama, family: 'qwen2', qkvBias: true },
  qwen3: { ...llama, family: 'qwen3', qkNorm: true, headDim: 8, tied: false },
  gpt2: { ...llama, family: 'gpt2', kvHeads: 4, headDim: 5, qkvBias: true, ropeTheta: 10_000 },
} as const satisfies Readonly<Record<string, ModelConfig>>;

export type TinyModel = keyof typeof TINY_MODELS;

export const TINY_NAMES = Object.keys(TINY_MODELS) as readonly TinyModel[];

/** The parameters of a model with seeded weights: the same numbers, rounded to f32, on every device. */
export function tinyParameters(device: Device, config: ModelConfig, label = 'weights'): Parameters {
  const random = Random.seeded(11).fork('tiny-weights');
  const parameters = createParameters(device, config, label);
  for (const { name, shape, weights } of parameters.all) {
    const stream = random.fork(name);
    const isNorm = shape.length === 1 && !name.endsWith('Bias');
    const std = shape.length === 1 ? 0.3 : ['embedding', 'positions', 'head'].includes(name) ? 0.7 : 1.5 / Math.sqrt(shape[1]!);
    device.upload(
      weights,
      Float32Array.from({ length: elementsOf(shape) }, (_, i) => (isNorm ? 1 : 0) + std * stream.normal(i)),
    );
  }
  return parameters;
}

export interface TinyBatch {
  readonly groups: readonly PackedGroup[];
  /** Rows and columns of the tables. */
  readonly rows: number;
  readonly length: number;
  /** Packed tokens and predictions, at most. */
  readonly tokens: number;
}

/** Random prompts, each with completions of the given lengths; slots follow in order. */
export function tinyBatch(config: ModelConfig, completions: readonly (readonly number[])[], seed = 3): TinyBatch {
  const random = Random.seeded(seed).fork('tiny-batch');
  const length = Math.max(...completions.flat());
  const tokens = (count: number, stream: Random): Uint32Array => Uint32Array.from({ length: count }, (_, i) => stream.below(config.vocabSize, i));
  let row = 0;
  let total = 0;
  const groups = completions.map((lengths, group) => {
    const prompt = tokens(3 + (group % 4), random.fork(`prompt.${group}`));
    total += prompt.length;
    const continuations = lengths.map((count) => {
      total += count;
      return { targets: tokens(count, random.fork(`completion.${row}`)), slot: row++ * length };
    });
    return { prompt, continuations };
  });
  return { groups, rows: row, length, tokens: total };
}

/** Tables of a mini-batch. */
export function statsTables(device: Device, rows: number, length: number): TokenStats {
  const table = (...more: number[]) => device.create('f32', [rows, length, ...more], 'tables/stats');
  return { logProbs: table(), entropies: table(), moments: table(6) };
}

/** A transformer with room for a batch. */
export function tinyTransformer(device: Device, config: ModelConfig, parameters: Parameters, maxTokens: number): Transformer {
  return new Transformer(device, config, parameters, { maxPositions: config.maxPositions, maxTokens, maxPredictions: maxTokens });
}

/** What a tensor holds. */
export async function numbersIn(device: Device, tensor: Tensor): Promise<Float64Array> {
  return Float64Array.from(await device.read(tensor));
}
