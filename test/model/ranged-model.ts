/** A small model whose matrices are bound in ranges of rows, and all that is computed with it. */

import { Random } from '../../src/base/random.ts';
import type { Device } from '../../src/gpu/device.ts';
import { elementsOf } from '../../src/gpu/tensor.ts';
import { type WeightFormat, wordsOf } from '../../src/kernels/weight-format.ts';
import { type ModelConfig, parameterShapes } from '../../src/model/config.ts';
import { ALL_LINEAR, createLora, initialiseLora } from '../../src/model/lora.ts';
import { packGroups } from '../../src/model/packing.ts';
import { RANGE_ROWS } from '../../src/model/parameter.ts';
import { createParameters, type FormatOf, loadParameters, type Parameters, readParts } from '../../src/model/parameters.ts';
import { Transformer } from '../../src/model/transformer.ts';
import type { Weights } from '../../src/model/weights.ts';
import { PolicySampler } from '../../src/rollout/sampler.ts';
import { lossCoefficients } from './loss-problem.ts';
import { statsTables, TINY_MODELS, tinyBatch } from './tiny-models.ts';

/** Bytes of the least range: gate, up, down, embedding and head then come in two or three. */
export const leastBinding = (format: WeightFormat): number => 4 * wordsOf(format, RANGE_ROWS * 576);
export const config: ModelConfig = {
  ...TINY_MODELS.llama,
  layers: 1,
  width: 576,
  heads: 4,
  headDim: 64,
  kvHeads: 2,
  ffWidth: 576,
  vocabSize: 1300,
  tied: false,
};
const batch = tinyBatch(config, [[5, 3], [4]]);

/** Weights by a hash of their place, as a file would give them. */
export const source: Weights = {
  name: 'test weights',
  tensors: new Map([...parameterShapes(config)].map(([name, shape]) => [name, { dtype: 'F32', shape, offset: 0, sizeBytes: 4 * elementsOf(shape) }])),
  readBytes: () => Promise.reject(new Error('the weights of this test have no bytes')),
  read(name, first = 0, count) {
    const shape = parameterShapes(config).get(name)!;
    const salt = [...name].reduce((sum, letter) => Math.imul(sum, 31) + letter.charCodeAt(0), 7);
    const [mean, width] = shape.length === 1 ? [1, 0.3] : [0, 3 / Math.sqrt(shape[1]!)];
    const values = new Float32Array(count ?? elementsOf(shape) - first);
    for (let i = 0; i < values.length; i++) {
      let hash = Math.imul(first + i + salt, 0x9e37_79b1);
      hash = Math.imul(hash ^ (hash >>> 15), 0x85eb_ca77);
      values[i] = mean + width * (((hash ^ (hash >>> 13)) >>> 8) / 2 ** 24 - 0.5);
    }
    return Promise.resolve(values);
  },
};

/** What is sampled and said of a batch, and every gradient. */
export async function passOn(device: Device, parameters: Parameters, withLora: boolean): Promise<Map<string, Float32Array>> {
  const adapter = withLora ? createLora(device, parameters, { rank: 2, alpha: 4, rslora: false, targets: [...ALL_LINEAR] }) : null;
  if (adapter) {
    initialiseLora(device, adapter, Random.seeded(9));
    for (const { weights, name } of adapter.all.filter(({ name: own }) => own.endsWith('B'))) {
      const stream = Random.seeded(2).fork(name);
      device.upload(
        weights,
        Float32Array.from({ length: weights.length }, (_, i) => 0.1 * stream.normal(i)),
      );
    }
  }
  const room = { maxPositions: 32, maxTokens: batch.tokens, maxPredictions: batch.tokens };
  const model = new Transformer(device, config, parameters, room, adapter);
  const tables = statsTables(device, batch.rows, batch.length);
  const placed = model.place(packGroups(batch.groups));
  model.forward(placed, tables, 0.9);
  const results = new Map<string, Float32Array>([
    ['log-probs', Float32Array.from(await device.read(tables.logProbs))],
    ['entropies', Float32Array.from(await device.read(tables.entropies))],
  ]);
  model.backward(placed, lossCoefficients(device, batch.groups, batch.rows, batch.length).slopes, 0.9);
  for (const [name, { data }] of await readParts(device, { all: model.trained }, (parameter) => model.gradients.get(parameter)!)) results.set(name, data);

  const sampler = new PolicySampler(device, config, { parameters, adapter }, model.ropeTable, { maxRows: 4, maxPromptTokens: 12, maxTokens: 4 });
  const options = { n: 2, maxTokens: 4, temperature: 0.9, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1, stopIds: [] };
  const prompts = batch.groups.map(({ prompt }) => Uint32Array.from(prompt));
  const rollouts = await sampler.sample(prompts, options, Random.seeded(4));
  results.set('sampled tokens', Float32Array.from(rollouts.flatMap(({ tokens }) => [...tokens])));
  results.set('sampled log-probs', Float32Array.from(rollouts.flatMap(({ logProbs }) => [...logProbs])));
  return results;
}

/** Where results differ in a bit; a result that is all zeros says nothing and counts as different. */
export function differences(got: ReadonlyMap<string, Float32Array>, expected: ReadonlyMap<string, Float32Array>): string[] {
  const bytes = (values: Float32Array): Buffer => Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  const names = [...new Set([...got.keys(), ...expected.keys()])];
  return names.filter((name) => {
    const [ours, theirs] = [got.get(name), expected.get(name)];
    return !ours || !theirs || !ours.some((value) => value !== 0) || !bytes(ours).equals(bytes(theirs));
  });
}

export async function loaded(device: Device, formatOf: FormatOf, from: Weights = source): Promise<Parameters> {
  const parameters = createParameters(device, config, 'weights', formatOf);
  await loadParameters(device, parameters, from);
  return parameters;
}

/** The file as which a model's weights would be published: f32 numbers, whatever it holds. */
export async function published(device: Device, parameters: Parameters): Promise<Weights> {
  const widened = await readParts(device, parameters);
  return {
    ...source,
    read: (name, first = 0, count) => Promise.resolve(widened.get(name)!.data.subarray(first, count === undefined ? undefined : first + count)),
  };
}

export const rangesOf = ({ embedding, head, layers }: Parameters): number[] =>
  [embedding, head, layers[0]!.gateUp, layers[0]!.down].map(({ ranges }) => ranges.length);
