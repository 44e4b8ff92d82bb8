import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openDevice } from '../../src/gpu/open-device-node.ts';
import { PlanningDevice } from '../../src/gpu/planning-device.ts';
import type { DeviceTraits } from '../../src/gpu/traits.ts';
import type { ModelConfig } from '../../src/model/config.ts';
import { openGgufModel } from '../../src/model/gguf-weights.ts';
import { type PackedGroup, packGroups } from '../../src/model/packing.ts';
import { createParameters, type FormatOf, loadParameters } from '../../src/model/parameters.ts';
import { baseWeights, Transformer } from '../../src/model/transformer.ts';
import { formatsOf, type WeightDtype } from '../../src/model/weight-dtype.ts';
import { openWeights, type Weights } from '../../src/model/weights.ts';
import { openFile } from '../../src/model/weights-node.ts';
import { statsTables } from './tiny-models.ts';

const shared = fileURLToPath(new URL('../../../shared/', import.meta.url));
const MODEL = `${shared}models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf`;
const GOLDENS = `${shared}golden/models/smollm2_135m/io.safetensors`;
const isHere = existsSync(MODEL) && existsSync(GOLDENS);
if (!isHere) console.log('not run: the error of small weights on SmolLM2-135M-Instruct (its file and its reference numbers lie outside the repository)');

/** The file as if its numbers were plain: blocks are then made anew. */
function withoutBlocks(weights: Weights): Weights {
  return { ...weights, tensors: new Map([...weights.tensors].map(([name, entry]) => [name, { ...entry, dtype: 'F32' }])) };
}

interface Case {
  readonly name: string;
  readonly dtype: WeightDtype;
  /** The file's own blocks stay; else its numbers are put into blocks anew. */
  readonly keepsBlocks?: boolean;
  /** Twice what was measured on lavapipe, in nats: the largest and the mean distance of a log-prob from that of f32 weights. */
  readonly most: number;
  readonly mean: number;
}

const cases: readonly Case[] = [
  { name: 'f32', dtype: 'f32', most: 1e-9, mean: 1e-9 },
  { name: 'f16', dtype: 'f16', most: 1.71e-2, mean: 3.5e-3 },
  { name: 'q8', dtype: 'q8', most: 0.32, mean: 6.6e-2 },
  { name: 'q4', dtype: 'q4', most: 7.5, mean: 1.07 },
  { name: 'bf16', dtype: 'bf16', most: 7.2e-2, mean: 1.4e-2 },
  { name: "q4, the file's own blocks", dtype: 'q4', keepsBlocks: true, most: 1e-9, mean: 1e-9 },
];

const room = { maxPositions: 256, maxTokens: 256, maxPredictions: 256 };

/** Bytes of such a model, by building it where nothing is allocated. */
function plannedBytes(traits: DeviceTraits, config: ModelConfig, formatOf: FormatOf): { readonly weights: number; readonly all: number } {
  const device = new PlanningDevice(traits);
  const parameters = createParameters(device, config, 'weights', formatOf);
  void new Transformer(device, config, parameters, room, null);
  return { weights: device.memory.byPart.get('weights')!, all: device.memory.bytes };
}

describe.skipIf(!isHere)('log-probs of SmolLM2-135M-Instruct on three texts, with weights held small', async () => {
  const means = new Map<string, number>();
  let base: readonly Float64Array[] | undefined;
  it.each(cases)('$name', { timeout: 1_200_000 }, async ({ name, dtype, keepsBlocks = false, most, mean }) => {
    const { config, weights } = await openGgufModel(await openFile(MODEL));
    const source = keepsBlocks ? weights : withoutBlocks(weights);
    const { device } = await openDevice(process.env['ENTRAIN_TEST_ADAPTER'] ?? 'auto', {});
    const goldens = await openWeights(await openFile(GOLDENS));
    const formatOf = formatsOf(dtype, config, source.tensors);
    const planned = plannedBytes(device.traits, config, formatOf);
    const parameters = createParameters(device, config, 'weights', formatOf);
    const started = performance.now();
    await loadParameters(device, parameters, source);
    const loaded = performance.now();
    const model = new Transformer(device, config, parameters, room, null);
    const logProbs: Float64Array[] = [];
    let [worst, total, count, fromGolden] = [0, 0, 0, 0];
    for (let text = 0; text < 3; text++) {
      const ids = Uint32Array.from(await idsOf(goldens, text));
      const expected = await goldens.read(`text.${text}.log_probs`);
      const group: PackedGroup = { prompt: ids.slice(0, 1), continuations: [{ targets: ids.slice(1), slot: 0 }] };
      const tables = statsTables(device, 1, ids.length - 1);
      model.forward(model.place(packGroups([group])), tables, 1, baseWeights(parameters));
      const got = Float64Array.from(await device.read(tables.logProbs));
      logProbs.push(got);
      got.forEach((value, i) => {
        const error = Math.abs(value - (base?.[text]?.[i] ?? value));
        worst = Math.max(worst, error);
        total += error;
        count++;
        fromGolden = Math.max(fromGolden, Math.abs(value - expected[i]!));
      });
    }
    base ??= logProbs;
    const held = { weights: device.memory.byPart.get('weights')!, all: device.memory.peakBytes };
    means.set(name, total / count);
    console.log(
      `${name} on ${device.name}: weights ${(held.weights / 2 ** 20).toFixed(1)} MiB, with activations ${(held.all / 2 ** 20).toFixed(1)} (planned ${(planned.all / 2 ** 20).toFixed(1)}), loaded in ${((loaded - started) / 1000).toFixed(1)} s, three texts in ${((performance.now() - loaded) / 1000).toFixed(1)} s; ` +
        `log-probs from f32: max ${worst.toExponential(2)}, mean ${(total / count).toExponential(2)}; from the float64 golden: max ${fromGolden.toExponential(2)}`,
    );
    device.close();
    expect(held.weights).toBe(planned.weights);
    expect(Math.abs(held.all / planned.all - 1)).toBeLessThan(0.1);
    expect(worst).toBeLessThan(most);
    expect(total / count).toBeLessThan(mean);
    if (dtype === 'f32') expect(fromGolden).toBeLessThan(5e-4);
  });

  it('are the further off the fewer bits there are', () => {
    expect([means.get('f16')! < means.get('q8')!, means.get('q8')! < means.get('q4')!]).toEqual([true, true]);
  });
});

/** Token ids are stored as int32. */
async function idsOf(goldens: Weights, text: number): Promise<Int32Array> {
  const bytes = await goldens.readBytes(`text.${text}.ids`);
  return new Int32Array(bytes.slice().buffer);
}
