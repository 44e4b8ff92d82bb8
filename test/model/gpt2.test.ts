/** What sets the family of GPT-2 apart from the others; what it shares is tested with them. */

import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DataError } from '../../src/base/errors.ts';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import { type DeviceTraits, traitsOf } from '../../src/gpu/traits.ts';
import { parameterCount, parameterShapes } from '../../src/model/config.ts';
import { encodeGguf } from '../../src/model/export-gguf.ts';
import { ALL_LINEAR, createLora } from '../../src/model/lora.ts';
import { packGroups } from '../../src/model/packing.ts';
import { createParameters, loadParameters, readParts } from '../../src/model/parameters.ts';
import { parseModelConfig } from '../../src/model/parse-config.ts';
import { describeAdapter, parseAdapterConfig } from '../../src/model/peft.ts';
import { createRopeTable } from '../../src/model/transformer.ts';
import { openModelFolder } from '../../src/model/weights-node.ts';
import type { Weights } from '../../src/model/weights.ts';
import { goldenFolder } from './golden-folders.ts';
import { TINY_MODELS, tinyBatch, tinyParameters, tinyTransformer } from './tiny-models.ts';

const folder = goldenFolder('gpt2');
const config = TINY_MODELS.gpt2;

const published = async (changes: object = {}): Promise<object> => ({
  ...(JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')) as object),
  ...changes,
});

/** Binds little. */
class NarrowDevice extends ReferenceDevice {
  override readonly traits: DeviceTraits;

  constructor(maxBindingBytes: number) {
    super();
    this.traits = traitsOf('software', { maxBindingBytes });
  }
}

describe('config.json of GPT-2', () => {
  it('gives the numbers of its fixture, and of the published model', async () => {
    expect(parseModelConfig(await published())).toMatchObject({
      family: 'gpt2',
      layers: 2,
      width: 30,
      heads: 3,
      kvHeads: 3,
      headDim: 10,
      ffWidth: 120,
      tied: true,
    });
    const small = parseModelConfig(await published({ n_embd: 768, n_head: 12, n_layer: 12, n_positions: 1024, vocab_size: 50_257 }));
    expect(parameterCount(small)).toBe(124_439_808);
  });

  it.each([
    [{ activation_function: 'relu' }, /expected activation_function gelu_new or gelu_pytorch_tanh, got relu/],
    [{ scale_attn_by_inverse_layer_idx: true }, /scale_attn_by_inverse_layer_idx false, got true/],
    [{ scale_attn_weights: false }, /scale_attn_weights true, got false/],
    [{ add_cross_attention: true }, /add_cross_attention false, got true/],
    [{ n_head: 7 }, /expected n_head to divide a width of 30, got 7/],
    [{ n_layer: 1e6 }, /expected n_layer at most 4096/],
    [{ quantization_config: {} }, /unquantized/],
  ])('is refused with %j', async (changes, message) => {
    const changed = await published(changes);
    expect(() => parseModelConfig(changed, { file: 'm/config.json' })).toThrow(DataError);
    expect(() => parseModelConfig(changed, { file: 'm/config.json' })).toThrow(message);
  });
});

describe('weights of GPT-2', () => {
  it('are the same in the original checkpoint’s layout: short names, and masks that are no weights', async () => {
    const copy = await mkdtemp(join(tmpdir(), 'entrain-gpt2-'));
    try {
      await cp(folder, copy, { recursive: true });
      await cp(join(folder, 'model.hub-layout.safetensors'), join(copy, 'model.safetensors'));
      const [own, short] = [await openModelFolder(folder), await openModelFolder(copy)];
      for (const name of parameterShapes(own.config).keys()) expect(await short.weights.read(name)).toEqual(await own.weights.read(name));
    } finally {
      await rm(copy, { recursive: true });
    }
  });

  it.each(['f32', 'f16'] as const)('come back as they were published, held turned in %s and in ranges of rows', async (format) => {
    const wide = { ...config, width: 256, headDim: 64, ffWidth: 600, layers: 1 };
    const shapes = parameterShapes(wide);
    const values = (name: string) =>
      Float32Array.from({ length: shapes.get(name)!.reduce((product, size) => product * size, 1) }, (_, i) => ((i * 37) % 1001) / 8);
    const source: Weights = {
      name: 'made up',
      tensors: new Map(),
      readBytes: () => Promise.reject(new Error('these weights have no bytes')),
      read: (name, first = 0, count) => Promise.resolve(values(name).slice(first, count === undefined ? undefined : first + count)),
    };
    const device = new NarrowDevice(format === 'f32' ? 700_000 : 350_000);
    const parameters = createParameters(device, wide, 'weights', () => format);
    await loadParameters(device, parameters, source);
    expect(parameters.layers[0]!.qkv.shape).toEqual([768, 256]);
    expect(parameters.layers[0]!.qkv.ranges).toHaveLength(2);
    const parts = await readParts(device, parameters);
    expect([...parts.keys()]).toEqual([...shapes.keys()]);
    for (const [name, { shape, data }] of parts) {
      expect([name, shape]).toEqual([name, shapes.get(name)]);
      expect(data).toEqual(values(name));
    }
  });

  it('have no row for a position beyond those learned', () => {
    const device = new ReferenceDevice();
    expect(createRopeTable(device, config, 64)).toBe(device.none.f32);
    expect(() => createRopeTable(device, config, 65)).toThrow(DataError);
    expect(() => createRopeTable(device, config, 65)).toThrow(/expected sequences of at most 64 tokens, the positions that gpt2 has learned, got room for 65/);
  });

  it('are not written as GGUF', async () => {
    const none = (async function* () {})();
    const chunks = encodeGguf(config, none, { name: 'tiny', storage: 'f32', tokenizer: null });
    await expect(chunks.next()).rejects.toThrow(/expected a model with rotary positions for a GGUF file, got one of the family gpt2/);
  });
});

describe('an adapter of GPT-2', () => {
  const device = new ReferenceDevice();
  const lora = (targets: readonly string[]) => createLora(device, tinyParameters(device, config), { rank: 2, alpha: 4, rslora: false, targets });

  it('corrects the three projections under PEFT’s names', () => {
    const { options, all } = lora(ALL_LINEAR);
    expect(options.targets).toEqual(['c_attn', 'c_proj', 'c_fc']);
    const tensors = new Map(all.flatMap(({ parts }) => parts.map(({ name, shape }) => [name, shape] as const)));
    expect(tensors.size).toBe(2 * 4 * config.layers);
    expect(tensors.get('base_model.model.transformer.h.1.attn.c_attn.lora_A.weight')).toEqual([2, 20]);
    expect(tensors.get('base_model.model.transformer.h.1.attn.c_attn.lora_B.weight')).toEqual([60, 2]);
    expect(tensors.get('base_model.model.transformer.h.0.mlp.c_proj.lora_A.weight')).toEqual([2, 28]);
  });

  it('says that its base is stored [in, out], and is read with that', () => {
    const text: unknown = JSON.parse(describeAdapter(lora(['c_attn']), 'openai-community/gpt2'));
    expect(text).toMatchObject({ fan_in_fan_out: true, target_modules: ['c_attn'] });
    expect(parseAdapterConfig(text, 'adapter_config.json')).toMatchObject({ rank: 2, alpha: 4, rslora: false, targets: ['c_attn'] });
  });

  it('has no projection of another family', () => {
    expect(() => lora(['q_proj'])).toThrow(/expected target modules out of c_attn, c_proj, c_fc, got q_proj/);
  });
});

describe('dropout in GPT-2', () => {
  it('acts on the branches with their biases, and is nothing at rate 0', async () => {
    const device = new ReferenceDevice();
    const { groups, tokens } = tinyBatch(config, [[5], [3, 4]]);
    const model = tinyTransformer(device, config, tinyParameters(device, config), tokens);
    const packed = packGroups(groups);
    const streamOf = async (rate: number | null) => {
      const stream = model.runBlocks(model.place(packed), model, rate === null ? undefined : { rate, key: [1, 2] });
      return Float64Array.from(await device.read(stream.as(packed.tokens.length, config.width)));
    };
    const [none, zero, some] = [await streamOf(null), await streamOf(0), await streamOf(0.3)];
    const gap = (a: Float64Array, b: Float64Array): number => a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
    expect(gap(none, zero)).toBeLessThan(1e-12);
    expect(gap(none, some)).toBeGreaterThan(0.1);
  });
});
