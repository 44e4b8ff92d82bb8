import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyModels } from '../../scripts/verify/models.ts';
import type { GpuDevice } from '../../src/gpu/gpu-device.ts';
import { openTestDevice } from '../device.ts';

const golden = (name: string): string => fileURLToPath(new URL(`../golden/models/${name}`, import.meta.url));

let device: GpuDevice;

beforeAll(async () => {
  device = await openTestDevice();
});

afterAll(() => device.close());

describe('models from GGUF files', () => {
  it('compute what the reference computed from the same files', async () => {
    const lines: string[] = [];
    const isGood = await verifyModels([golden('llama_gguf'), golden('gguf_blocks.safetensors')], device, (line) => lines.push(line));
    expect(isGood ? [] : lines).toEqual([]);
    expect(lines.filter((line) => line.startsWith('  ok '))).toHaveLength(21);
  });

  it('are not covered by a file without blocks', async () => {
    const lines: string[] = [];
    expect(await verifyModels([golden('llama/model.safetensors')], device, (line) => lines.push(line))).toBe(false);
    expect(lines[0]).toMatch(/not covered: .*expected tensors named <type>\.blocks/);
  });
});
