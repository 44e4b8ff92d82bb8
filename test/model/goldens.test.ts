import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyModels } from '../../scripts/verify/models.ts';
import type { GpuDevice } from '../../src/gpu/gpu-device.ts';
import { openTestDevice } from '../device.ts';
import { GOLDEN_MODELS, goldenFolder } from './golden-folders.ts';

let device: GpuDevice;

beforeAll(async () => {
  device = await openTestDevice();
});

afterAll(() => device.close());

describe('the engine computes what transformers and PyTorch computed', () => {
  it.each(GOLDEN_MODELS)('%s: logits, hidden states, statistics, gradients, AdamW, five steps, greedy tokens', async (name) => {
    const lines: string[] = [];
    const isGood = await verifyModels([goldenFolder(name)], device, (line) => lines.push(line));
    expect(isGood ? [] : lines).toEqual([]);
    console.log(`${name} on ${device.name}: ${worstOf(lines)}`);
  });
});

/** The three quantities that come closest to what is allowed. */
function worstOf(lines: readonly string[]): string {
  const shares = lines.flatMap((line) => {
    const [, quantity, share] = /^ +ok +(.+?) +\d+ values +worst +([\d.]+) %/.exec(line) ?? [];
    return quantity !== undefined && share !== undefined ? [{ quantity, share: Number(share) }] : [];
  });
  const worst = shares.sort((a, b) => b.share - a.share).slice(0, 3);
  return worst.map(({ quantity, share }) => `${quantity} ${share} %`).join(', ') + ' of what is allowed';
}
