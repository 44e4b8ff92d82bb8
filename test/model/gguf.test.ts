import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gguf as readWithOracle } from '@huggingface/gguf';
import { describe, expect, it } from 'vitest';
import { DataError } from '../../src/base/errors.ts';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import { parameterShapes } from '../../src/model/config.ts';
import { openGguf } from '../../src/model/gguf.ts';
import { ggufName, huggingFaceName } from '../../src/model/gguf-names.ts';
import { inferRopeScaling, ropeFactors } from '../../src/model/gguf-rope.ts';
import { openGgufModel } from '../../src/model/gguf-weights.ts';
import { createParameters, loadParameters } from '../../src/model/parameters.ts';
import { parseModelConfig } from '../../src/model/parse-config.ts';
import { openFile } from '../../src/model/weights-node.ts';
import { openWeights } from '../../src/model/weights.ts';
import { describeConfig } from '../../src/model/write-config.ts';
import { TINY_MODELS } from './tiny-models.ts';

const golden = (path: string): string => fileURLToPath(new URL(`../golden/models/${path}`, import.meta.url));
const open = async (file: string) => openGgufModel(await openFile(golden(`llama_gguf/${file}`)));
const FILES = ['model-f32.gguf', 'model-f16.gguf', 'model-q8_0.gguf', 'model-q4_0.gguf', 'model-q4_1.gguf', 'model-mixed.gguf'];

/** The mixed file's bytes as a source, written to in place or replaced. */
async function changed(change: (bytes: Buffer, text: string) => Uint8Array | number, file = 'model-mixed.gguf') {
  const bytes = await readFile(golden(`llama_gguf/${file}`));
  const result = change(bytes, bytes.toString('latin1'));
  const given = typeof result === 'number' ? bytes : result;
  return {
    name: 'changed.gguf',
    size: given.length,
    read: (offset: number, length: number) => Promise.resolve(new Uint8Array(given.subarray(offset, offset + length))),
  };
}

/** Where the value of a key begins, after its type. */
const valueAt = (text: string, key: string): number => text.indexOf(key) + key.length + 4;

describe('openGguf', () => {
  it.each(FILES)('reads %s as another reader does', async (file) => {
    const { metadata, tensors } = await openGguf(await openFile(golden(`llama_gguf/${file}`)));
    const { metadata: expected, tensorInfos } = await readWithOracle(golden(`llama_gguf/${file}`), { allowLocalFile: true });
    for (const [key, value] of metadata) expect([key, value]).toEqual([key, expected[key as keyof typeof expected]]);
    expect(tensors.size).toBe(tensorInfos.length);
    for (const { name, shape } of tensorInfos) expect(tensors.get(name)?.shape).toEqual(shape.map(Number).toReversed());
  });

  it.each<[string, (bytes: Buffer, text: string) => Uint8Array | number, RegExp]>([
    ['another magic', (bytes) => bytes.write('GGML'), /expected a file that begins with GGUF, got 4c4d4747/],
    ['version 1', (bytes) => bytes.writeUInt32LE(1, 4), /expected GGUF version 2 or 3, little-endian, got 1/],
    ['a big-endian version', (bytes) => bytes.writeUInt32BE(3, 4), /got 50331648/],
    ['too many tensors', (bytes) => bytes.writeBigUInt64LE(1n << 40n, 8), /expected at most 65536 tensors/],
    ['too many keys', (bytes) => bytes.writeBigUInt64LE(1n << 40n, 16), /expected at most 65536 keys/],
    ['a count beyond numbers', (bytes) => bytes.writeBigUInt64LE((1n << 63n) + 1n, 8), /expected the count of tensors to be below 2\^53/],
    ['a key longer than the file', (bytes) => bytes.writeBigUInt64LE(1n << 33n, 24), /expected a key to be within the file's \d+ bytes/],
    [
      'a value of no type',
      (bytes, text) => bytes.writeUInt32LE(77, valueAt(text, 'general.architecture') - 4),
      /expected the type of general.architecture to be 0 to 12, got 77/,
    ],
    ['an alignment of 48', (bytes, text) => bytes.writeUInt32LE(48, valueAt(text, 'general.alignment')), /expected general.alignment to be a power of two/],
    ['a key twice', (bytes, text) => bytes.write('llama.context_length', text.indexOf('llama.rope.freq_base')), /expected the key llama.context_length once/],
    [
      'five dimensions',
      (bytes, text) => bytes.writeUInt32LE(5, text.indexOf('token_embd.weight') + 17),
      /token_embd\.weight: expected 1 to 4 dimensions, got 5/,
    ],
    [
      'a huge size',
      (bytes, text) => bytes.writeBigUInt64LE(1n << 50n, text.indexOf('token_embd.weight') + 21),
      /token_embd\.weight: expected (sizes from 1 up|bytes up to)/,
    ],
    ['no size', (bytes, text) => bytes.writeBigUInt64LE(0n, text.indexOf('token_embd.weight') + 21), /token_embd\.weight: expected sizes from 1 up/],
    [
      'an unknown type',
      (bytes, text) => bytes.writeUInt32LE(200, text.indexOf('token_embd.weight') + 37),
      /token_embd\.weight: expected a type of GGUF, got number 200/,
    ],
    [
      'rows that are no blocks',
      (bytes, text) => bytes.writeUInt32LE(14, text.indexOf('token_embd.weight') + 37),
      /expected rows of a multiple of 256 for Q6_K, got 32/,
    ],
    [
      'an offset that is not aligned',
      (bytes, text) => bytes.writeBigUInt64LE(3n, text.indexOf('token_embd.weight') + 41),
      /token_embd\.weight: expected an offset divisible by 64/,
    ],
    ['an overlap', (bytes, text) => bytes.writeBigUInt64LE(64n, text.indexOf('output_norm.weight') + 18 + 4 + 8 + 4), /expected to begin after/],
    [
      'an offset beyond the file',
      (bytes, text) => bytes.writeBigUInt64LE(1n << 40n, text.indexOf('output_norm.weight') + 18 + 4 + 8 + 4),
      /expected bytes up to/,
    ],
    ['no end', (bytes) => bytes.subarray(0, bytes.length - 1), /The file is cut off/],
    ['no data', (bytes) => bytes.subarray(0, 900), /cut off/],
    ['nothing', () => new Uint8Array(0), /expected a GGUF file, got 0 bytes/],
  ])('refuses a file with %s', async (_, change, message) => {
    const source = await changed(change);
    await expect(openGguf(source)).rejects.toThrow(DataError);
    await expect(openGguf(source)).rejects.toThrow(message);
    await expect(openGguf(source)).rejects.toThrow(/changed\.gguf/);
  });
});

describe('openGgufModel', () => {
  it.each(FILES)('finds the shape of %s that its config.json has', async (file) => {
    const { config } = await open(file);
    const folder = parseModelConfig(JSON.parse(await readFile(golden('llama_gguf/config.json'), 'utf8')));
    expect(config).toEqual({ ...folder, padId: null });
  });

  it('gives every tensor of the mixed file as the reference dequantises it', async () => {
    const { weights, config } = await open('model-mixed.gguf');
    const io = await openWeights(await openFile(golden('llama_gguf/io.safetensors')));
    for (const name of parameterShapes(config).keys()) expect(await weights.read(name)).toEqual(await io.read(`dequant.${name}`));
  });

  it('gives the weights themselves of the float32 file, in Hugging Face’s order', async () => {
    const { weights, config } = await open('model-f32.gguf');
    const original = await openWeights(await openFile(golden('llama/model.safetensors')));
    for (const name of parameterShapes(config).keys()) expect(await weights.read(name)).toEqual(await original.read(name));
  });

  it('reads parts of tensors, across blocks and interleaved rows', async () => {
    for (const file of ['model-mixed.gguf', 'model-f32.gguf']) {
      const { weights } = await open(file);
      for (const name of ['model.layers.0.self_attn.q_proj.weight', 'model.layers.1.mlp.down_proj.weight']) {
        const whole = await weights.read(name);
        for (const [first, count] of [
          [0, 32],
          [32, 64],
          [5, 300],
          [96, 7],
          [whole.length - 3, 3],
          [64, 0],
        ] as const) {
          expect(await weights.read(name, first, count)).toEqual(whole.slice(first, first + count));
        }
      }
    }
    const { weights } = await open('model-mixed.gguf');
    await expect(weights.readBytes('model.layers.0.mlp.down_proj.weight', 5, 32)).rejects.toThrow(/in blocks of 32, got \[5, 37\)/);
    await expect(weights.read('model.norm.weight', 30, 3)).rejects.toThrow(DataError);
    await expect(weights.read('nothing')).rejects.toThrow(/expected a tensor nothing/);
  });

  it.each<[string, (bytes: Buffer, text: string) => number, RegExp]>([
    [
      'another architecture',
      (bytes, text) => bytes.write('mamba', valueAt(text, 'general.architecture') + 8),
      /expected general.architecture llama, qwen2, qwen3, got mamba/,
    ],
    [
      'more layers than tensors',
      (bytes, text) => bytes.writeUInt32LE(2 ** 31 - 1, valueAt(text, 'llama.block_count')),
      /expected block_count of at most its 20 tensors/,
    ],
    ['a layer too many', (bytes, text) => bytes.writeUInt32LE(3, valueAt(text, 'llama.block_count')), /none named model\.layers\.2/],
    [
      'another width',
      (bytes, text) => bytes.writeUInt32LE(48, valueAt(text, 'llama.embedding_length')),
      /expected heads of an even width that is rotated as a whole, got 12 with 8 rotated/,
    ],
    [
      'a layer norm of nothing',
      (bytes, text) => bytes.writeFloatLE(Number.NaN, valueAt(text, 'llama.attention.layer_norm_rms_epsilon')),
      /layer_norm_rms_epsilon to be a positive number, got NaN/,
    ],
    ['half a rotation', (bytes, text) => bytes.writeUInt32LE(4, valueAt(text, 'llama.rope.dimension_count')), /with 4 rotated/],
    ['a tensor nobody knows', (bytes, text) => bytes.write('blk.0.attn_x', text.indexOf('blk.0.attn_q')), /expected 20 parameters, got none named/],
    [
      'a type that is not read',
      (bytes, text) => bytes.writeUInt32LE(20, text.indexOf('blk.0.ffn_gate.weight') + 21 + 4 + 16),
      /gate_proj\.weight: expected one of F32, .* got IQ4_NL/,
    ],
  ])('refuses a model with %s', async (_, change, message) => {
    const source = await changed((bytes, text) => change(bytes, text));
    await expect(openGgufModel(source)).rejects.toThrow(DataError);
    await expect(openGgufModel(source)).rejects.toThrow(message);
  });
});

describe('names', () => {
  it('lead there and back for every parameter of every family', () => {
    for (const config of Object.values(TINY_MODELS)) {
      for (const name of parameterShapes(config).keys()) expect(huggingFaceName(ggufName(name))).toBe(name);
    }
    expect(ggufName('model.layers.12.mlp.gate_proj.weight')).toBe('blk.12.ffn_gate.weight');
    expect(huggingFaceName('v.blk.0.weight')).toBe('v.blk.0.weight');
  });
});

describe('stretched rotations', () => {
  const rules = [
    { kind: 'llama3', factor: 8, lowFreqFactor: 1, highFreqFactor: 4, originalMaxPositions: 8192 },
    { kind: 'llama3', factor: 32, lowFreqFactor: 1, highFreqFactor: 4, originalMaxPositions: 8192 },
    { kind: 'llama3', factor: 4, lowFreqFactor: 1, highFreqFactor: 3, originalMaxPositions: 64 },
  ] as const;

  it.each(rules)('are found again from their factors: %j', (ropeScaling) => {
    const config = { ...TINY_MODELS.llama, headDim: 64, ropeTheta: ropeScaling.originalMaxPositions === 64 ? 1000 : 500_000, ropeScaling };
    expect(inferRopeScaling(ropeFactors(config)!, config.ropeTheta)).toEqual(ropeScaling);
  });

  it('are none where every factor is 1, and refused where no rule fits', () => {
    expect(ropeFactors(TINY_MODELS.llama)).toBeNull();
    expect(inferRopeScaling(Float32Array.of(1, 1, 1, 1), 10_000)).toBeNull();
    expect(inferRopeScaling(Float32Array.of(1, 3, 2, 8), 10_000)).toBeUndefined();
  });
});

describe('describeConfig', () => {
  it.each(Object.entries(TINY_MODELS))('writes what parseModelConfig reads: %s', (_, config) => {
    const files = describeConfig(config);
    const generation: unknown = JSON.parse(files.get('generation_config.json')!);
    expect(parseModelConfig(JSON.parse(files.get('config.json')!), { generation })).toEqual(config);
  });
});

describe('blocks that stay as they are', () => {
  it.each([
    [0x7e00, 'NaN'],
    [0xfc00, 'an infinite one'],
  ])('are refused with the scale %i', async (bits, found) => {
    const name = 'model.layers.1.mlp.up_proj.weight';
    const { offset } = (await open('model-q8_0.gguf')).weights.tensors.get(name)!;
    const damaged = await changed((bytes) => bytes.writeUInt16LE(bits, offset + 34 * 3), 'model-q8_0.gguf');
    const { config, weights } = await openGgufModel(damaged);
    const device = new ReferenceDevice();
    const parameters = createParameters(device, config, 'weights', () => 'q8_0');
    await expect(loadParameters(device, parameters, weights)).rejects.toThrow(DataError);
    await expect(loadParameters(device, parameters, weights)).rejects.toThrow(`${name}: expected finite scales, got ${found} in block 3.`);
  });
});
