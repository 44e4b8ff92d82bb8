import { describe, expect, it } from 'vitest';
import { bitsOf, halfOfBits } from '../../src/base/half.ts';
import { Random } from '../../src/base/random.ts';
import type { Device } from '../../src/gpu/device.ts';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import { elementsOf } from '../../src/gpu/tensor.ts';
import { type ModelConfig, parameterShapes } from '../../src/model/config.ts';
import { createLora, initialiseLora } from '../../src/model/lora.ts';
import { packGroups } from '../../src/model/packing.ts';
import { createParameters, loadParameters } from '../../src/model/parameters.ts';
import { Transformer } from '../../src/model/transformer.ts';
import { formatsOf } from '../../src/model/weight-dtype.ts';
import type { Weights } from '../../src/model/weights.ts';
import { openDevice } from '../../src/gpu/open-device-node.ts';
import { lossCoefficients } from './loss-problem.ts';
import { numbersIn, statsTables, tinyBatch } from './tiny-models.ts';

const shared = { layers: 1, headDim: 128, ropeScaling: null, tied: false, qkNorm: false, slidingWindow: null, maxPositions: 64 } as const;
const ids = { bosId: null, eosIds: [2], padId: null } as const;

/** The shapes of published models, one layer of each. */
const MODELS: Readonly<Record<string, ModelConfig>> = {
  'Qwen2.5-7B': {
    ...{ ...shared, ...ids, family: 'qwen2', width: 3584, heads: 28, kvHeads: 4, ffWidth: 18_944, vocabSize: 152_064 },
    ...{ normEps: 1e-6, ropeTheta: 1e6, qkvBias: true },
  },
  'Llama-3-8B': {
    ...{ ...shared, ...ids, family: 'llama', width: 4096, heads: 32, kvHeads: 8, ffWidth: 14_336, vocabSize: 128_256 },
    ...{ normEps: 1e-5, ropeTheta: 5e5, qkvBias: false },
  },
};

/** Numbers by a hash of their place: any part of a billion of them is made when it is read. */
function hash(place: number): number {
  const mixed = Math.imul(place ^ (place >>> 15), 0x85eb_ca77);
  return (mixed ^ (mixed >>> 13)) >>> 0;
}

const QUANTS = 32;
const BLOCK_BYTES = 34;

/** Matrices as a GGUF file has them in blocks of q8_0, of even numbers within ±1.5 / √inputs; norms and biases as numbers. */
function hashedWeights(config: ModelConfig): Weights {
  const shapes = parameterShapes(config);
  const saltOf = (name: string): number => [...name].reduce((sum, letter) => Math.imul(sum, 31) + letter.charCodeAt(0), 7);
  const tensors = new Map(
    [...shapes].map(([name, shape]) => {
      const isMatrix = shape.length === 2;
      const bytes = isMatrix ? (elementsOf(shape) / QUANTS) * BLOCK_BYTES : 4 * elementsOf(shape);
      return [name, { dtype: isMatrix ? 'Q8_0' : 'F32', shape, offset: 0, sizeBytes: bytes }];
    }),
  );
  return {
    name: 'hashed weights',
    tensors,
    readBytes(name, first = 0, count) {
      const shape = shapes.get(name)!;
      const blocks = (count ?? elementsOf(shape) - first) / QUANTS;
      const scale = halfOfBits(bitsOf(1.5 / 127 / Math.sqrt(shape[1]!)));
      const bytes = new Uint8Array(blocks * BLOCK_BYTES);
      const salt = saltOf(name) + first / 4;
      for (let block = 0; block < blocks; block++) {
        const at = block * BLOCK_BYTES;
        bytes[at] = scale & 0xff;
        bytes[at + 1] = scale >> 8;
        for (let word = 0; word < QUANTS / 4; word++) {
          const bits = hash(Math.imul(salt + block * 8 + word, 0x9e37_79b1));
          for (let byte = 0; byte < 4; byte++) bytes[at + 2 + 4 * word + byte] = bits >>> (8 * byte);
        }
      }
      return Promise.resolve(bytes);
    },
    read(name, first = 0, count) {
      const mean = name.endsWith('.bias') ? 0 : 1;
      const salt = saltOf(name) + first;
      return Promise.resolve(
        Float32Array.from(
          { length: count ?? elementsOf(shapes.get(name)!) - first },
          (_, i) => mean + 0.3 * (hash(Math.imul(salt + i, 0x9e37_79b1)) / 2 ** 32 - 0.5),
        ),
      );
    },
  };
}

interface Pass {
  readonly logProbs: Float64Array;
  readonly entropies: Float64Array;
  readonly gradients: ReadonlyMap<string, Float64Array>;
  readonly ranges: number;
}

/** What one layer with LoRA says of two tokens, and every gradient of the adapter. */
async function passOn(device: Device, config: ModelConfig): Promise<Pass> {
  const source = hashedWeights(config);
  const parameters = createParameters(device, config, 'weights', formatsOf('q8', config, source.tensors));
  await loadParameters(device, parameters, source);
  const adapter = createLora(device, parameters, { rank: 2, alpha: 4, rslora: false, targets: ['q_proj', 'v_proj', 'down_proj', 'gate_proj'] });
  initialiseLora(device, adapter, Random.seeded(9));
  for (const { weights, name } of adapter.all.filter(({ name: own }) => own.endsWith('B'))) {
    const stream = Random.seeded(2).fork(name);
    device.upload(
      weights,
      Float32Array.from({ length: weights.length }, (_, i) => 0.02 * stream.normal(i)),
    );
  }
  const batch = tinyBatch(config, [[2]]);
  const room = { maxPositions: 16, maxTokens: batch.tokens, maxPredictions: batch.tokens };
  const model = new Transformer(device, config, parameters, room, adapter);
  const tables = statsTables(device, batch.rows, batch.length);
  const placed = model.place(packGroups(batch.groups));
  model.forward(placed, tables, 1);
  model.backward(placed, lossCoefficients(device, batch.groups, batch.rows, batch.length).slopes, 1);
  const gradients = new Map<string, Float64Array>();
  for (const parameter of model.trained) gradients.set(parameter.name, await numbersIn(device, model.gradients.get(parameter)!));
  return {
    logProbs: await numbersIn(device, tables.logProbs),
    entropies: await numbersIn(device, tables.entropies),
    gradients,
    ranges: parameters.all.length,
  };
}

const farthest = (got: Float64Array, expected: Float64Array): number => expected.reduce((most, value, i) => Math.max(most, Math.abs(value - got[i]!)), 0);
const largest = (values: Float64Array): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

describe('one layer of a model of 7 or 8 billion weights, held as q8', () => {
  it.each(Object.entries(MODELS))('%s: forward, head and LoRA backward as in float64', { timeout: 3_600_000 }, async (name, config) => {
    const { device } = await openDevice(process.env['ENTRAIN_TEST_ADAPTER'] ?? 'auto', {});
    const started = performance.now();
    const got = await passOn(device, config);
    const seconds = (performance.now() - started) / 1000;
    const { peakBytes } = device.memory;
    device.close();
    const expected = await passOn(new ReferenceDevice(), config);
    const distance = { logProbs: farthest(got.logProbs, expected.logProbs), entropies: farthest(got.entropies, expected.entropies) };
    const gradients = [...expected.gradients].map(([parameter, values]) => farthest(got.gradients.get(parameter)!, values) / largest(values));
    console.log(
      `${name}, one layer, q8, on ${device.name}: ${seconds.toFixed(0)} s, at most ${(peakBytes / 2 ** 30).toFixed(2)} GiB, ${got.ranges} parameters of at most ${device.traits.maxBindingBytes / 2 ** 20} MiB; ` +
        `from float64: log-probs ${distance.logProbs.toExponential(1)}, entropies ${distance.entropies.toExponential(1)}, gradients ${Math.max(...gradients).toExponential(1)} of their largest`,
    );
    expect(got.ranges).toBeGreaterThan(expected.ranges);
    expect(distance.logProbs).toBeLessThan(2e-5);
    expect(distance.entropies).toBeLessThan(2e-5);
    for (const error of gradients) expect(error).toBeLessThan(1e-4);
  });
});
