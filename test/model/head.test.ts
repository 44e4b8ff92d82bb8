import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { tensorOf } from '../../src/gpu/device.ts';
import type { GpuDevice } from '../../src/gpu/gpu-device.ts';
import { PlanningDevice } from '../../src/gpu/planning-device.ts';
import type { HostArray } from '../../src/gpu/tensor.ts';
import { BatchRoom } from '../../src/model/device-batch.ts';
import type { ModelConfig } from '../../src/model/config.ts';
import { LanguageHead, VOCABULARY_TILE } from '../../src/model/head.ts';
import { packGroups } from '../../src/model/packing.ts';
import { createParameters, type Parameter, tensorsLike } from '../../src/model/parameters.ts';
import { openTestDevice } from '../device.ts';
import { denseHead } from './dense-head.ts';
import { statsTables, TINY_MODELS, tinyBatch, tinyParameters, tinyTransformer } from './tiny-models.ts';

let device: GpuDevice;

beforeAll(async () => {
  device = await openTestDevice();
});

afterAll(() => device.close());

const headOnly = (vocabSize: number): ModelConfig => ({ ...TINY_MODELS.llama, layers: 0, tied: false, vocabSize });

/** Bytes that a head with room for so many tokens takes on the device, or would take. */
function headBytes(tokens: number, vocabSize: number): number {
  const planning = new PlanningDevice(device.traits);
  const parameters = createParameters(planning, headOnly(vocabSize));
  const head = new LanguageHead(planning, headOnly(vocabSize), parameters, tokens, true);
  expect(head).toBeInstanceOf(LanguageHead);
  return planning.memory.byPart.get('head') ?? 0;
}

describe('the fused head', () => {
  it('takes scratch for tokens, whatever the vocabulary', () => {
    const [small, large] = [headBytes(512, 512), headBytes(2048, 49_152)];
    expect(headBytes(2048, 512)).toBe(large);
    expect(large).toBeLessThanOrEqual(4 * small);
    expect(large).toBeLessThan((4 * 2048 * 49_152) / 50);
    console.log(
      `head scratch: ${small} bytes at 512 tokens and 512 vocabulary, ${large} at 2,048 tokens and 49,152; [tokens, vocabulary] would be ${4 * 2048 * 49_152}`,
    );
  });

  it('no part of a model that is trained holds a tensor of [tokens, vocabulary]', () => {
    const planning = new PlanningDevice(device.traits);
    const create = vi.spyOn(planning, 'create');
    const config = { ...TINY_MODELS.llama, vocabSize: 49_152 };
    tinyTransformer(planning, config, createParameters(planning, config), 2048);
    const largest = create.mock.results.reduce((most, { value }) => Math.max(most, value.length), 0);
    expect(largest).toBe(Math.max(49_152 * config.width, 2048 * VOCABULARY_TILE));
  });

  const count = 24;
  it.each([511, 512, 513, 1024, 1100, 49_152])('a vocabulary of %i, tile by tile, is the whole table of float64', async (vocabSize) => {
    const bytesBefore = device.memory.byPart.get('head') ?? 0;
    const { got, expected } = await bothHeads(vocabSize);
    expect((device.memory.byPart.get('head') ?? 0) - bytesBefore, 'bytes as planned').toBe(headBytes(count, vocabSize));
    for (const [name, values] of Object.entries(expected)) {
      const [error, largest] = [worst(got[name]!, values), values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)];
      expect(error, `${name}, where the largest is ${largest}`).toBeLessThan(2e-5 * Math.max(1, largest));
    }
  });

  async function bothHeads(vocabSize: number): Promise<{ got: Record<string, HostArray>; expected: Record<string, Float64Array> }> {
    const config = headOnly(vocabSize);
    const { width, normEps } = config;
    const { groups, rows, length } = tinyBatch(config, [[6, 2], [7], [5, 1, 3]]);
    const packed = packGroups(groups);
    const parameters = tinyParameters(device, config);
    const gradients = tensorsLike(device, parameters.all, 'gradients');
    const random = Random.seeded(12).fork('head');
    const numbers = (name: string, size: number) => Float32Array.from({ length: size }, (_, i) => random.fork(name).normal(i));
    const stream = numbers('stream', packed.tokens.length * width);
    const [byLogProb, byEntropy] = [numbers('byLogProb', rows * length), numbers('byEntropy', rows * length)];
    const temperature = 1.2;

    const head = new LanguageHead(device, config, parameters, count, true);
    const batch = new BatchRoom(device, packed.tokens.length, count).place(packed);
    const tables = statsTables(device, rows, length);
    const shape = [packed.tokens.length, width];
    const dStream = device.create('f32', shape, 'test/dStream');
    head.forward(batch, tensorOf(device, 'f32', shape, stream, 'test/stream'), tables, temperature);
    const slopes = {
      byLogProb: tensorOf(device, 'f32', [rows, length], byLogProb, 'test/slopes'),
      byEntropy: tensorOf(device, 'f32', [rows, length], byEntropy, 'test/slopes'),
    };
    head.backward(batch, slopes, dStream, temperature, (parameter: Parameter) => gradients.get(parameter)!);

    const [logProbs, entropies] = [await device.read(tables.logProbs), await device.read(tables.entropies)];
    const atSlots = (table: HostArray) => Float64Array.from(packed.slots, (slot) => table[slot]!);
    const { finalNorm, head: headMatrix } = parameters;
    const matrix = headMatrix.ranges[0]!.parameter;
    const [normWeight, headWeights] = [await device.read(finalNorm.weights), await device.read(matrix.weights)];
    const got = {
      logProbs: atSlots(logProbs),
      entropies: atSlots(entropies),
      dStream: await device.read(dStream),
      dNormWeight: await device.read(gradients.get(finalNorm)!),
      dHead: await device.read(gradients.get(matrix)!),
    };
    const input = { packed, width, vocabulary: vocabSize, temperature, normEps, stream, normWeight, head: headWeights, byLogProb, byEntropy };
    return { got, expected: { ...denseHead(input) } };
  }
});

function worst(got: HostArray, expected: Float64Array): number {
  expect(got.length).toBe(expected.length);
  return expected.reduce((most, value, i) => Math.max(most, Math.abs(value - got[i]!)), 0);
}
