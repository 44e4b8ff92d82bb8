import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../src/base/random.ts';
import type { Device } from '../../src/gpu/device.ts';
import type { GpuDevice } from '../../src/gpu/gpu-device.ts';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import { baseWeights, createRopeTable } from '../../src/model/transformer.ts';
import type { Rollout, SamplingOptions } from '../../src/rollout/rollout.ts';
import { PolicySampler } from '../../src/rollout/sampler.ts';
import { openTestDevice } from '../device.ts';
import { TINY_MODELS, type TinyModel, tinyBatch, tinyParameters } from '../model/tiny-models.ts';

let device: GpuDevice;
let portable: GpuDevice;

beforeAll(async () => {
  device = await openTestDevice();
  portable = await openTestDevice({ tier: 'portable' });
});

afterAll(() => {
  device.close();
  portable.close();
});

const MAX_TOKENS = 6;
const random = Random.seeded(5).fork('rollout');
const sampling: SamplingOptions = { n: 1, maxTokens: MAX_TOKENS, temperature: 0.9, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1, stopIds: [2, 3] };

/** 128 prompts of 3 to 6 tokens. */
function promptsOf(name: TinyModel): readonly Uint32Array[] {
  const { groups } = tinyBatch(
    TINY_MODELS[name],
    Array.from({ length: 128 }, () => [1]),
  );
  return groups.map(({ prompt }) => Uint32Array.from(prompt));
}

/** A sampler that decodes so many rows together. */
function samplerOf(on: Device, name: TinyModel, maxRows: number): PolicySampler {
  const config = TINY_MODELS[name];
  const limits = { maxRows, maxPromptTokens: 6 * maxRows, maxTokens: MAX_TOKENS };
  return new PolicySampler(on, config, baseWeights(tinyParameters(on, config)), createRopeTable(on, config, 6 + MAX_TOKENS), limits);
}

/** A rollout, numbers as bits. */
function bitsOf({ tokens, logProbs, entropies, finishReason }: Rollout) {
  return {
    tokens: Array.from(tokens),
    logProbs: Array.from(new Uint32Array(logProbs.buffer)),
    entropies: Array.from(new Uint32Array(entropies.buffer)),
    finishReason,
  };
}

describe('what is drawn for a row has the same bits', () => {
  it.each(['llama', 'mistral', 'qwen3'] as const)('%s: alone, among 7 and 127 others, and however the waves are cut', async (name) => {
    const prompts = promptsOf(name);
    const among127 = (await samplerOf(device, name, 128).sample(prompts, sampling, random)).map(bitsOf);
    expect(new Set(among127.map(({ finishReason }) => finishReason))).toEqual(new Set(['stop', 'length']));
    expect(new Set(among127.map(({ tokens }) => tokens.join())).size).toBeGreaterThan(100);

    const first8 = prompts.slice(0, 8);
    const alone = (await samplerOf(device, name, 1).sample(first8, sampling, random)).map(bitsOf);
    expect(alone).toEqual(among127.slice(0, 8));
    for (const maxRows of [3, 8]) {
      const cut = (await samplerOf(device, name, maxRows).sample(prompts.slice(0, 40), sampling, random)).map(bitsOf);
      expect(cut).toEqual(among127.slice(0, 40));
    }
  });

  it.each(['llama', 'mistral'] as const)('%s: where 7 or 127 others share its prompt', async (name) => {
    const [prompt] = promptsOf(name);
    const alone = (await samplerOf(device, name, 1).sample([prompt!], sampling, random)).map(bitsOf);
    for (const n of [8, 128]) {
      const group = await samplerOf(device, name, 128).sample([prompt!], { ...sampling, n }, random);
      expect(bitsOf(group[0]!)).toEqual(alone[0]);
      // A group cut over several waves feeds its prompt anew.
      const cut = await samplerOf(device, name, 3).sample([prompt!], { ...sampling, n: Math.min(n, 16) }, random);
      expect(cut.map(bitsOf)).toEqual(group.slice(0, cut.length).map(bitsOf));
    }
  });

  it('llama, on the portable forms: alone and among 7', async () => {
    const prompts = promptsOf('llama').slice(0, 8);
    const short = { ...sampling, maxTokens: 3 };
    const among7 = (await samplerOf(portable, 'llama', 8).sample(prompts, short, random)).map(bitsOf);
    const alone = (await samplerOf(portable, 'llama', 1).sample(prompts.slice(0, 2), short, random)).map(bitsOf);
    expect(alone).toEqual(among7.slice(0, 2));
  });

  it('a shorter limit cuts a completion and changes nothing before it', async () => {
    const prompts = promptsOf('llama').slice(0, 16);
    const sampler = samplerOf(device, 'llama', 16);
    const long = await sampler.sample(prompts, sampling, random);
    const short = await sampler.sample(prompts, { ...sampling, maxTokens: 3 }, random);
    expect(short.map(({ tokens }) => Array.from(tokens))).toEqual(long.map(({ tokens }) => Array.from(tokens.slice(0, 3))));
  });

  it('the reference draws the same tokens', async () => {
    const prompts = promptsOf('llama').slice(0, 8);
    const drawn = await samplerOf(device, 'llama', 8).sample(prompts, { ...sampling, n: 4 }, random);
    const expected = await samplerOf(new ReferenceDevice(), 'llama', 8).sample(prompts, { ...sampling, n: 4 }, random);
    expect(drawn.map(({ tokens }) => Array.from(tokens))).toEqual(expected.map(({ tokens }) => Array.from(tokens)));
  });
});
