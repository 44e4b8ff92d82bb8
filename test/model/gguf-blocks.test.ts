import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { DataError } from '../../src/base/errors.ts';
import { dequantise } from '../../src/model/gguf-blocks.ts';
import { ggufTypeNamed, READABLE_TYPES } from '../../src/model/gguf-types.ts';
import { openFile } from '../../src/model/weights-node.ts';
import { openWeights } from '../../src/model/weights.ts';

const blocks = openFile(fileURLToPath(new URL('../golden/models/gguf_blocks.safetensors', import.meta.url))).then(openWeights);

/** Bits, so that -0 and NaN count; any NaN stands for every other. */
const bitsOf = (values: Float32Array): Uint32Array =>
  new Uint32Array(values.buffer, values.byteOffset, values.length).map((bits) => ((bits & 0x7fff_ffff) > 0x7f80_0000 ? 0x7fc0_0000 : bits));

describe('dequantise', () => {
  it.each(READABLE_TYPES.filter((type) => type !== 'F32'))('gives the reference’s numbers for %s, to the last bit', async (type) => {
    const io = await blocks;
    const stored = await io.readBytes(`${type.toLowerCase()}.blocks`);
    const expected = await io.read(`${type.toLowerCase()}.values`);
    const { block, bytes } = ggufTypeNamed(type)!;
    expect(stored.length / bytes).toBe(expected.length / block);
    expect(bitsOf(dequantise(stored, type, 'blocks'))).toEqual(bitsOf(expected));
  });

  it('takes float32 as it stands', () => {
    const values = Float32Array.of(1, -2.5, 0.1);
    expect(dequantise(new Uint8Array(values.buffer.slice(0)), 'F32', 'blocks')).toEqual(values);
  });

  it('names a type it does not read', () => {
    expect(() => dequantise(new Uint8Array(84), 'Q2_K', 'file: blk.0')).toThrow(DataError);
    expect(() => dequantise(new Uint8Array(84), 'Q2_K', 'file: blk.0')).toThrow(/file: blk\.0: expected one of F32, F16, .*, got Q2_K/);
  });
});
