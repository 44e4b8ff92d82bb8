import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GpuDevice } from '../../src/gpu/gpu-device.ts';
import type { WeightFormat } from '../../src/kernels/weight-format.ts';
import type { ModelConfig } from '../../src/model/config.ts';
import { type PackedGroup, packGroups } from '../../src/model/packing.ts';
import { createParameters, loadParameters, type Parameters, readParts } from '../../src/model/parameters.ts';
import type { Transformer } from '../../src/model/transformer.ts';
import { openTestDevice } from '../device.ts';
import { statsTables, TINY_MODELS, type TinyModel, tinyBatch, tinyParameters, tinyTransformer } from './tiny-models.ts';

let own: GpuDevice;
let portable: GpuDevice;

beforeAll(async () => {
  own = await openTestDevice();
  portable = await openTestDevice({ tier: 'portable' });
});

afterAll(() => {
  own.close();
  portable.close();
});

const LENGTH = 7;

/** Bits of log-probs, entropies and moments of the continuation at a slot of 0, whatever else is in the batch. */
async function bitsOf(model: Transformer, groups: readonly PackedGroup[], rows: number): Promise<readonly Uint32Array[]> {
  const tables = statsTables(model.device, rows, LENGTH);
  model.forward(model.place(packGroups(groups)), tables, 0.8);
  const read = [await model.device.read(tables.logProbs), await model.device.read(tables.entropies), await model.device.read(tables.moments)];
  for (const table of Object.values(tables)) model.device.destroy(table);
  return read.map((values, index) => new Uint32Array(Float32Array.from(values.subarray(0, LENGTH * (index === 2 ? 6 : 1))).buffer));
}

/** The row under test at slot 0, put at a place among others. */
function placed(others: readonly PackedGroup[], at: number, own: PackedGroup): readonly PackedGroup[] {
  return [...others.slice(0, at), own, ...others.slice(at)];
}

interface Case {
  readonly name: TinyModel;
  readonly forms: 'own' | 'portable';
  /** How matrices are held. Blocks need widths that are multiples of 32. */
  readonly format: WeightFormat;
}

const cases: readonly Case[] = [
  { name: 'llama', forms: 'own', format: 'f32' },
  { name: 'mistral', forms: 'own', format: 'f32' },
  { name: 'qwen3', forms: 'own', format: 'f32' },
  { name: 'gpt2', forms: 'own', format: 'f32' },
  { name: 'llama', forms: 'portable', format: 'f32' },
  { name: 'llama', forms: 'own', format: 'f16' },
  { name: 'llama', forms: 'own', format: 'q4_0' },
];

/** The tiny model's weights, held in another format. */
async function packed(device: GpuDevice, config: ModelConfig, format: WeightFormat): Promise<Parameters> {
  const plain = await readParts(device, tinyParameters(device, config));
  const parameters = createParameters(device, config, 'packed', () => format);
  await loadParameters(device, parameters, {
    name: 'tiny weights',
    tensors: new Map(),
    readBytes: () => Promise.reject(new Error('the weights of this test have no bytes')),
    read: (name) => Promise.resolve(plain.get(name)!.data),
  });
  return parameters;
}

describe('what the policy says about a completion has the same bits', () => {
  // A vocabulary of two tiles, and widths that are no multiple of any tile.
  it.each(cases)('$name, $forms forms, $format: alone, among 7 and 127 others, and where others share its prompt', async ({ name, forms, format }) => {
    const device = () => (forms === 'own' ? own : portable);
    const widths = format === 'f32' ? {} : { width: 96, heads: 4, headDim: 24, ffWidth: 160 };
    const config: ModelConfig = { ...TINY_MODELS[name], ...widths, vocabSize: 530 };
    const batch = tinyBatch(
      config,
      Array.from({ length: 128 }, (_, i) => [1 + ((i * 5) % LENGTH)]),
    );
    const [, ...rest] = batch.groups;
    const [mine] = tinyBatch(config, [[LENGTH]], 4).groups;
    const parameters = format === 'f32' ? tinyParameters(device(), config) : await packed(device(), config, format);
    const model = tinyTransformer(device(), config, parameters, batch.tokens + 2 * LENGTH);
    const alone = await bitsOf(model, [mine!], 1);
    const entropies = new Float32Array(alone[1]!.buffer);
    expect(
      entropies.every((entropy) => entropy > 0 && entropy < Math.log(config.vocabSize)),
      'entropies that are none',
    ).toBe(true);

    expect(await bitsOf(model, placed(rest.slice(0, 7), 3, mine!), 8)).toEqual(alone);
    expect(await bitsOf(model, placed(rest, 77, mine!), 128)).toEqual(alone);

    const sharing = (first: number, count: number) => rest.slice(first, first + count).flatMap(({ continuations }) => continuations);
    const shared = { prompt: mine!.prompt, continuations: [...sharing(0, 3), ...mine!.continuations, ...sharing(3, 4)] };
    expect(await bitsOf(model, [shared], 8)).toEqual(alone);
    expect(await bitsOf(model, placed(rest.slice(7), 20, shared), 128)).toEqual(alone);
  });
});
