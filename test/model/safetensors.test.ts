import { copyFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DataError } from '../../src/base/errors.ts';
import { encodeSafetensors, openSafetensors, type ByteSource } from '../../src/model/safetensors.ts';
import { openWeights } from '../../src/model/weights.ts';
import { openFolderWeights, openModelFolder } from '../../src/model/weights-node.ts';
import { widen } from '../../src/model/widen.ts';

const LLAMA = fileURLToPath(new URL('../golden/models/llama/', import.meta.url));

function sourceOf(bytes: Uint8Array): ByteSource {
  return {
    name: 'w.safetensors',
    size: bytes.length,
    read: async (offset, length) => bytes.slice(offset, offset + length),
  };
}

/** A file with this header, as given, and so many bytes of data. */
function fileOf(header: unknown, dataBytes: number): ByteSource {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return sourceOf(bytes);
}

function join8(chunks: Iterable<Uint8Array>): Uint8Array {
  return new Uint8Array(Buffer.concat([...chunks]));
}

const f32 = (begin: number, count: number): object => ({
  dtype: 'F32',
  shape: [count],
  data_offsets: [begin, begin + 4 * count],
});

describe('openSafetensors', () => {
  it('reads names, shapes and notes', async () => {
    const { tensors, metadata } = await openSafetensors(fileOf({ __metadata__: { format: 'pt' }, b: f32(8, 1), a: f32(0, 2) }, 12));
    expect([...tensors.keys()]).toEqual(['b', 'a']);
    expect(tensors.get('b')).toMatchObject({ dtype: 'F32', shape: [1], sizeBytes: 4 });
    expect(metadata).toEqual({ format: 'pt' });
  });

  it('takes a scalar and an empty tensor', async () => {
    const header = {
      s: { dtype: 'F32', shape: [], data_offsets: [0, 4] },
      e: { dtype: 'F32', shape: [0, 3], data_offsets: [4, 4] },
    };
    const weights = await openWeights(fileOf(header, 4));
    expect(await weights.read('s')).toEqual(new Float32Array(1));
    expect(await weights.read('e')).toEqual(new Float32Array(0));
  });

  it.each<[string, ByteSource, RegExp]>([
    ['an empty file', sourceOf(new Uint8Array(3)), /expected a safetensors file, got 3 bytes/],
    ['a header longer than the file', sourceOf(new Uint8Array([100, 0, 0, 0, 0, 0, 0, 0, 1])), /header of 100 bytes, got a file of 9/],
    ['text in place of a length', sourceOf(new TextEncoder().encode('<!doctype html>')), /This is not a safetensors file/],
    ['a header that is not JSON', fileOf('{"a":', 0), /expected a JSON header/],
    ['a header that is a list', fileOf('[]', 0), /expected a JSON object/],
    [
      'a name twice',
      fileOf('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\\u0061":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}', 8),
      /got a twice/,
    ],
    ['an unknown type', fileOf({ a: { dtype: 'F4', shape: [1], data_offsets: [0, 4] } }, 4), /: a: expected dtype F64.*got F4/],
    ['a type from the prototype', fileOf({ a: { dtype: 'toString', shape: [1], data_offsets: [0, 4] } }, 4), /got toString/],
    ['a negative size', fileOf({ a: { dtype: 'F32', shape: [-1], data_offsets: [0, 4] } }, 4), /: a: expected a shape of whole numbers, got \[-1\]/],
    ['offsets that run backwards', fileOf({ a: { dtype: 'F32', shape: [1], data_offsets: [4, 0] } }, 4), /: a: expected data_offsets/],
    ['a negative offset', fileOf({ a: { dtype: 'F32', shape: [1], data_offsets: [-4, 0] } }, 4), /: a: expected data_offsets \[begin, end\], got \[-4,0\]/],
    ['a shape beyond all memory', fileOf({ a: { dtype: 'F32', shape: [1e9, 1e9, 1e9], data_offsets: [0, 4] } }, 4), /: a: expected 4e\+27 bytes.*, got 4/],
    ['offsets beyond the file', fileOf({ a: f32(0, 2 ** 40) }, 4), /: a: expected bytes up to \d+, got a file of \d+/],
    ['too few bytes for a shape', fileOf({ a: { dtype: 'F32', shape: [2, 3], data_offsets: [0, 4] } }, 4), /: a: expected 24 bytes for F32 \[2, 3\], got 4/],
    ['an overlap', fileOf({ a: f32(0, 2), b: f32(4, 2) }, 12), /: b: expected to begin at byte \d+, after a, got an overlap/],
    ['a gap', fileOf({ a: f32(0, 1), b: f32(8, 1) }, 12), /: b: expected to begin at byte \d+, after a, got a gap/],
    ['a file cut off', fileOf({ a: f32(0, 1), b: f32(4, 2) }, 8), /: b: expected bytes up to \d+, got a file of \d+\. The file is cut off/],
    ['bytes after the end', fileOf({ a: f32(0, 1) }, 5), /Something was appended/],
    ['notes that are not text', fileOf({ __metadata__: { n: 1 } }, 0), /__metadata__.n to be a string/],
  ])('refuses %s', async (_, source, message) => {
    const opening = openSafetensors(source);
    await expect(opening).rejects.toThrow(DataError);
    await expect(opening).rejects.toThrow(message);
    await expect(opening).rejects.toThrow('w.safetensors');
  });

  it('never opens a golden file that was cut anywhere', async () => {
    const whole = new Uint8Array(await readFile(`${LLAMA}model.safetensors`));
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1), async (length) => {
        await expect(openSafetensors(sourceOf(whole.slice(0, length)))).rejects.toThrow(DataError);
      }),
      { numRuns: 30 },
    );
  });
});

describe('encodeSafetensors', () => {
  it('writes the golden file byte for byte', async () => {
    const bytes = new Uint8Array(await readFile(`${LLAMA}model.safetensors`));
    const weights = await openWeights(sourceOf(bytes));
    const { metadata } = await openSafetensors(sourceOf(bytes));
    const names = [...weights.tensors.keys()].reverse();
    const read = names.map(async (name) => [name, { shape: weights.tensors.get(name)?.shape ?? [], data: await weights.read(name) }] as const);
    const encoded = join8(encodeSafetensors(new Map(await Promise.all(read)), metadata));
    expect(Buffer.compare(encoded, bytes)).toBe(0);
  });

  it('reads back what it wrote', async () => {
    const tensor = fc.array(fc.float(), { maxLength: 9 }).map((values) => ({ shape: [values.length], data: Float32Array.from(values) }));
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(
          fc.string({ minLength: 1 }).filter((name) => !name.startsWith('__')),
          tensor,
        ),
        async (dictionary) => {
          const tensors = new Map(Object.entries(dictionary));
          const weights = await openWeights(sourceOf(join8(encodeSafetensors(tensors))));
          expect(weights.tensors.size).toBe(tensors.size);
          for (const [name, { data }] of tensors) expect(await weights.read(name)).toEqual(data);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('refuses a shape that is not the data’s', () => {
    expect(() => join8(encodeSafetensors(new Map([['a', { shape: [2], data: new Float32Array(3) }]])))).toThrow(/a: expected 2 numbers for \[2\], got 3/);
  });
});

describe('widen', () => {
  it('gives every float16 its value', () => {
    const words = Uint16Array.of(0x0000, 0x8000, 0x3c00, 0xc000, 0x7bff, 0x0400, 0x0001, 0x83ff, 0x7c00, 0xfc00, 0x7e00, 0x3555);
    const values = [0, -0, 1, -2, 65504, 2 ** -14, 2 ** -24, -1023 * 2 ** -24, Infinity, -Infinity, NaN, 0.333251953125];
    expect([...widen(new Uint8Array(words.buffer), 'F16', 'a')]).toEqual(values);
  });

  it('gives every bfloat16 its value', () => {
    const words = Uint16Array.of(0x3f80, 0xbf80, 0x4049, 0x0001, 0x7f80, 0x7fc0);
    expect([...widen(new Uint8Array(words.buffer), 'BF16', 'a')]).toEqual([1, -1, 3.140625, 2 ** -133, Infinity, NaN]);
  });

  it('reads from an odd place in a buffer', () => {
    const bytes = new Uint8Array(9);
    bytes.set(new Uint8Array(Float32Array.of(1.5, -2).buffer), 1);
    expect([...widen(bytes.subarray(1), 'F32', 'a')]).toEqual([1.5, -2]);
  });

  it('refuses other types', () => expect(() => widen(new Uint8Array(8), 'I64', 'f: a')).toThrow(/f: a: expected F32, F16 or BF16, got I64/));
});

describe('a model folder', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'entrain-weights-'));
    await copyFile(`${LLAMA}config.json`, join(folder, 'config.json'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('opens in one file and reads parts of a tensor', async () => {
    const { config, weights } = await openModelFolder(LLAMA);
    const whole = await weights.read('model.embed_tokens.weight');
    expect(whole).toHaveLength(config.vocabSize * config.width);
    expect(await weights.read('model.embed_tokens.weight', 32, 64)).toEqual(whole.slice(32, 96));
    expect(() => weights.readBytes('model.norm.weight', 30, 3)).toThrow(/expected a part of its 32 numbers, got \[30, 33\)/);
    await expect(weights.read('nope')).rejects.toThrow(/expected a tensor nope/);
  });

  it('opens in several files, and says which is missing, torn or another’s', async () => {
    const whole = await openFolderWeights(LLAMA);
    const names = [...whole.tensors.keys()];
    const weightMap: Record<string, string> = {};
    for (const [part, some] of [names.slice(0, 7), names.slice(7)].entries()) {
      const read = some.map(async (name) => [name, { shape: whole.tensors.get(name)?.shape ?? [], data: await whole.read(name) }] as const);
      await writeFile(join(folder, `part-${part}.safetensors`), join8(encodeSafetensors(new Map(await Promise.all(read)))));
      for (const name of some) weightMap[name] = `part-${part}.safetensors`;
    }
    const index = (map: Record<string, string>): Promise<void> =>
      writeFile(join(folder, 'model.safetensors.index.json'), JSON.stringify({ metadata: {}, weight_map: map }));

    await index(weightMap);
    const { weights } = await openModelFolder(folder);
    for (const name of names) expect(await weights.read(name)).toEqual(await whole.read(name));

    await index({ ...weightMap, 'model.norm.weight': 'part-0.safetensors', [names[0] ?? '']: 'part-1.safetensors' });
    await expect(openFolderWeights(folder)).rejects.toThrow(/The files belong to different models/);
    await index({ ...weightMap, extra: '../part-0.safetensors' });
    await expect(openFolderWeights(folder)).rejects.toThrow(/expected a file name for extra/);
    await index({ ...weightMap, extra: 'model.safetensors.index.json' });
    await expect(openFolderWeights(folder)).rejects.toThrow(/model\.safetensors\.index\.json: expected a header of at most/);

    await index(weightMap);
    await truncate(join(folder, 'part-1.safetensors'), 5000);
    await expect(openModelFolder(folder)).rejects.toThrow(/part-1.safetensors: .*cut off/);
    await rm(join(folder, 'part-1.safetensors'));
    await expect(openModelFolder(folder)).rejects.toThrow(/part-1.safetensors: expected a file, got none/);
  });

  it('says what is missing', async () => {
    await expect(openModelFolder(join(folder, 'nowhere'))).rejects.toThrow(/config.json: expected a file, got none/);
    await rm(join(folder, 'model.safetensors.index.json'), { force: true });
    await expect(openModelFolder(folder)).rejects.toThrow(/model.safetensors: expected a file, got none/);
  });
});
