import { describe, expect, it } from 'vitest';
import { Random } from '../../src/base/random.ts';
import type { Device } from '../../src/gpu/device.ts';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import type { ModelConfig } from '../../src/model/config.ts';
import { DropoutPasses } from '../../src/model/dropout-passes.ts';
import { LanguageHead } from '../../src/model/head.ts';
import { initialWeights } from '../../src/model/initialise.ts';
import { packGroups } from '../../src/model/packing.ts';
import { createParameters, loadParameters } from '../../src/model/parameters.ts';
import { encodeSafetensors } from '../../src/model/safetensors.ts';
import { Transformer } from '../../src/model/transformer.ts';
import { openWeights } from '../../src/model/weights.ts';

const config: ModelConfig = {
  family: 'llama',
  layers: 2,
  width: 16,
  heads: 4,
  kvHeads: 2,
  headDim: 4,
  ffWidth: 24,
  vocabSize: 1100,
  normEps: 1e-5,
  ropeTheta: 100,
  ropeScaling: null,
  tied: true,
  qkvBias: false,
  qkNorm: false,
  slidingWindow: null,
  maxPositions: 32,
  bosId: null,
  eosIds: [0],
  padId: null,
};
const T = 4;
const PASSES = 5;
const groups = [
  {
    prompt: [5, 9, 700],
    id: 3,
    continuations: [
      { targets: [1, 1099, 2], slot: 0, id: 11 },
      { targets: [8], slot: T, id: 12 },
    ],
  },
  { prompt: [42], id: 4, continuations: [{ targets: [600, 601, 602, 603], slot: 2 * T, id: 20 }] },
];

async function setUp(device: Device): Promise<Transformer> {
  const parameters = createParameters(device, config);
  const chunks = [...encodeSafetensors(initialWeights(config, Random.seeded(3), 0.4))];
  const bytes = new Uint8Array(await new Blob(chunks.map((chunk) => chunk.slice().buffer)).arrayBuffer());
  await loadParameters(
    device,
    parameters,
    await openWeights({ name: 'test', size: bytes.length, read: (offset, length) => Promise.resolve(bytes.slice(offset, offset + length)) }),
  );
  return new Transformer(device, config, parameters, { maxPositions: 16, maxTokens: 32, maxPredictions: 32 });
}

function tablesOn(device: Device) {
  const table = (...more: number[]) => device.create('f32', [3, T, ...more], 'tables/test');
  return { stats: { logProbs: table(), entropies: table(), moments: table(6) }, entropyOfMean: table() };
}

/** The same from the whole distributions of every pass. */
async function fromWholeDistributions(device: Device, model: Transformer, rate: number, random: Random): Promise<Float64Array> {
  const packed = packGroups(groups);
  const count = packed.targets.length;
  const head = new LanguageHead(device, config, model.parameters, count, false);
  const logits = device.create('f32', [count, config.vocabSize], 'test/logits');
  const mean = new Float64Array(count * config.vocabSize);
  for (let pass = 0; pass < PASSES; pass++) {
    const batch = model.place(packed);
    const stream = model.runBlocks(batch, model, { rate, key: random.at(pass).key });
    head.logits(stream, batch.headRows, count, logits);
    const values = await device.read(logits);
    for (let j = 0; j < count; j++) {
      const row = Array.from(values.subarray(j * config.vocabSize, (j + 1) * config.vocabSize), (z) => Math.exp(z));
      const sum = row.reduce((a, b) => a + b, 0);
      row.forEach((e, v) => (mean[j * config.vocabSize + v]! += e / sum / PASSES));
    }
  }
  const entropies = new Float64Array(3 * T);
  packed.slots.forEach((slot, j) => {
    for (const p of mean.subarray(j * config.vocabSize, (j + 1) * config.vocabSize)) entropies[slot]! -= p * Math.log(p);
  });
  return entropies;
}

describe('passes with dropout', () => {
  it('have the entropy of the mean that whole distributions have, over several vocabulary tiles', async () => {
    const device = new ReferenceDevice();
    const model = await setUp(device);
    const { stats, entropyOfMean } = tablesOn(device);
    new DropoutPasses(model, 32, { passes: PASSES, rate: 0.3 }).run(model.place(packGroups(groups)), stats, entropyOfMean, Random.seeded(8), () => undefined);
    const expected = await fromWholeDistributions(device, model, 0.3, Random.seeded(8));
    const got = await device.read(entropyOfMean);
    for (const slot of packGroups(groups).slots) expect(Math.abs(got[slot]! - expected[slot]!)).toBeLessThan(1e-9);
  });

  it('know nothing new without dropout, and something with it', async () => {
    const device = new ReferenceDevice();
    const model = await setUp(device);
    const { stats, entropyOfMean } = tablesOn(device);
    const information = async (rate: number): Promise<number[]> => {
      const sums = new Float64Array(3 * T);
      const reads: Promise<void>[] = [];
      new DropoutPasses(model, 32, { passes: PASSES, rate }).run(model.place(packGroups(groups)), stats, entropyOfMean, Random.seeded(8), () => {
        reads.push(device.read(stats.entropies).then((values) => values.forEach((value, i) => (sums[i]! += value / PASSES))));
      });
      const mean = await device.read(entropyOfMean);
      await Promise.all(reads);
      return Array.from(packGroups(groups).slots, (slot) => mean[slot]! - sums[slot]!);
    };
    for (const gain of await information(0)) expect(Math.abs(gain)).toBeLessThan(1e-9);
    for (const gain of await information(0.3)) expect(gain).toBeGreaterThan(1e-4);
  });

  it('drop the same elements of a sequence wherever it is packed', async () => {
    const device = new ReferenceDevice();
    const model = await setUp(device);
    const streamOf = async (chosen: typeof groups) => {
      const packed = packGroups(chosen);
      const stream = await device.read(model.runBlocks(model.place(packed), model, { rate: 0.3, key: [1, 2] }).as(packed.tokens.length, config.width));
      const last = packed.tokens.length - 1;
      return Array.from(stream.subarray(last * config.width, (last + 1) * config.width));
    };
    expect(await streamOf([groups[1]!])).toEqual(await streamOf(groups));
  });
});
