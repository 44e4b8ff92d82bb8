import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { encodeGguf, ggufTypeOf } from '../../src/model/export-gguf.ts';
import { openGguf } from '../../src/model/gguf.ts';
import { openGgufModel } from '../../src/model/gguf-weights.ts';
import { quantise } from '../../src/model/quantise.ts';
import { ggufHeader } from '../../src/model/gguf-writer.ts';
import { parameterShapes } from '../../src/model/config.ts';
import { narrow } from '../../src/model/narrow.ts';
import type { PublishedTensor } from '../../src/model/parameters.ts';
import type { ByteSource } from '../../src/model/safetensors.ts';
import { openFile } from '../../src/model/weights-node.ts';
import { widen } from '../../src/model/widen.ts';

const golden = (file: string): string => fileURLToPath(new URL(`../golden/models/llama_gguf/${file}`, import.meta.url));

function sourceOf(bytes: Uint8Array): ByteSource {
  return { name: 'made', size: bytes.length, read: (offset, length) => Promise.resolve(bytes.slice(offset, offset + length)) };
}

async function joined(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const list: Uint8Array[] = [];
  for await (const chunk of chunks) list.push(chunk.slice());
  return new Uint8Array(Buffer.concat(list));
}

describe('a GGUF file that was written', () => {
  it.each(['f32', 'f16', 'q8_0'] as const)('in %s has the bytes of llama.cpp’s own tools', async (storage) => {
    const { config, weights } = await openGgufModel(await openFile(golden('model-f32.gguf')));
    async function* tensors(): AsyncGenerator<PublishedTensor> {
      for (const [name, shape] of parameterShapes(config)) yield { name, shape, data: await weights.read(name) };
    }
    const bytes = await joined(encodeGguf(config, tensors(), { name: 'tiny', storage, tokenizer: null }));
    const [made, want] = [await openGguf(sourceOf(bytes)), await openGguf(await openFile(golden(`model-${storage}.gguf`)))];
    expect([...made.tensors.keys()].toSorted()).toEqual([...want.tensors.keys()].toSorted());
    let compared = 0;
    for (const [name, entry] of want.tensors) {
      const own = made.tensors.get(name)!;
      expect([own.dtype, own.shape]).toEqual([entry.dtype, entry.shape]);
      expect(Buffer.compare(await made.source.read(own.offset, own.sizeBytes), await want.source.read(entry.offset, entry.sizeBytes))).toBe(0);
      compared += entry.sizeBytes;
    }
    expect(compared).toBeGreaterThan(20_000);
    expect((await openGgufModel(sourceOf(bytes))).config).toEqual(config);
  });

  it('has any metadata, however long', async () => {
    const metadata = new Map<string, string | number | boolean | { readonly float: number } | readonly string[] | Int32Array>([
      ['tokens', Array.from({ length: 30_000 }, (_, i) => `token ${i} é`)],
      ['kinds', Int32Array.from({ length: 30_000 }, (_, i) => i - 7)],
      ['text', 'x'.repeat(70_001)],
      ['count', 3],
      ['share', { float: 1 }],
      ['is', true],
    ]);
    const header = ggufHeader(metadata, [{ name: 'a', type: 'F32', shape: [2, 4] }]);
    expect(header.length % 32).toBe(0);
    const read = await openGguf(sourceOf(new Uint8Array([...header, ...new Uint8Array(32)])));
    expect(read.metadata.get('tokens')).toEqual(metadata.get('tokens'));
    expect(read.metadata.get('kinds')).toEqual(Array.from(metadata.get('kinds') as Int32Array));
    expect(['text', 'count', 'share', 'is'].map((key) => read.metadata.get(key))).toEqual(['x'.repeat(70_001), 3, 1, true]);
    expect(read.tensors.get('a')).toMatchObject({ shape: [2, 4], offset: header.length });
  });

  it('lacks no tensor', async () => {
    const { config } = await openGgufModel(await openFile(golden('model-f32.gguf')));
    async function* none(): AsyncGenerator<PublishedTensor> {}
    await expect(joined(encodeGguf(config, none(), { name: 'tiny', storage: 'f32', tokenizer: null }))).rejects.toThrow(
      'export: expected model.embed_tokens.weight next, got no more tensors.',
    );
  });
});

describe('stored types', () => {
  it('are float32 for vectors, and float16 where rows make no blocks', () => {
    expect([ggufTypeOf([64], 'q8_0'), ggufTypeOf([4, 64], 'q8_0'), ggufTypeOf([4, 20], 'q8_0'), ggufTypeOf([4, 64], 'f16')]).toEqual([
      'F32',
      'Q8_0',
      'F16',
      'F16',
    ]);
  });

  it('round to the nearest, and refuse what float16 has no room for', () => {
    const values = Float32Array.of(1, -2.5, 1 / 3, 65_504, 6e-8, 0, 1e-9);
    const back = widen(narrow(values, 'F16', 'w').slice(), 'F16', 'w');
    back.forEach((value, i) => expect(Math.abs(value - values[i]!)).toBeLessThanOrEqual(Math.max(2 ** -25, Math.abs(values[i]!) * 2 ** -11)));
    expect(() => narrow(Float32Array.of(1, 70_000), 'F16', 'w')).toThrow('w: expected numbers within ±65504, as float16 holds, got 70000 at element 1.');
    expect(widen(narrow(Float32Array.of(70_144), 'BF16', 'w').slice(), 'BF16', 'w')[0]).toBe(70_144);
  });

  it.each(['Q8_0', 'Q4_0'] as const)('%s have the bytes of gguf-py', async (type) => {
    const [plain, want] = [
      await openGguf(await openFile(golden('model-f32.gguf'))),
      await openGguf(await openFile(golden(`model-${type.toLowerCase()}.gguf`))),
    ];
    let compared = 0;
    for (const [name, { dtype, offset, sizeBytes }] of want.tensors) {
      if (dtype !== type) continue;
      const own = plain.tensors.get(name)!;
      const values = widen(await plain.source.read(own.offset, own.sizeBytes), 'F32', name);
      expect(Buffer.compare(quantise(values, type), await want.source.read(offset, sizeBytes))).toBe(0);
      compared += sizeBytes;
    }
    expect(compared).toBeGreaterThan(8000);
  });

  it('of a block of zeros are zeros', () => {
    expect(quantise(new Float32Array(32), 'Q8_0')).toEqual(new Uint8Array(34));
  });
});
