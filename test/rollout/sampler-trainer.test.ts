import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../src/base/random.ts';
import type { GpuDevice } from '../../src/gpu/gpu-device.ts';
import { packGroups, type PackedGroup } from '../../src/model/packing.ts';
import type { Rollout, SamplingOptions } from '../../src/rollout/rollout.ts';
import { PolicySampler } from '../../src/rollout/sampler.ts';
import { openTestDevice } from '../device.ts';
import { statsTables, TINY_MODELS, TINY_NAMES, type TinyModel, tinyBatch, tinyParameters, tinyTransformer } from '../model/tiny-models.ts';

let own: GpuDevice;
let portable: GpuDevice;
const gaps = new Map<string, { logProb: number; entropy: number; tokens: number }>();

beforeAll(async () => {
  own = await openTestDevice();
  portable = await openTestDevice({ tier: 'portable' });
});

afterAll(() => {
  const lines = [...gaps].map(
    ([name, { logProb, entropy, tokens }]) =>
      `  ${name.padEnd(32)} log-prob ${logProb.toExponential(1)}, entropy ${entropy.toExponential(1)} over ${tokens} tokens`,
  );
  console.log([`largest |sampler − trainer| in nats on ${own.name}:`, ...lines].join('\n'));
  own.close();
  portable.close();
});

const N = 8;
/** Nats. */
const ALLOWED = 1e-4;

describe('sampler and trainer say the same about every sampled token', () => {
  it.each(TINY_NAMES)('%s, at temperatures 0.7, 1 and 1.3', (name) => agree(own, name, { prompts: 6, maxTokens: 16, temperatures: [0.7, 1, 1.3] }));
  it('llama, on the portable forms', () => agree(portable, 'llama', { prompts: 2, maxTokens: 4, temperatures: [1.3] }));

  async function agree(
    device: GpuDevice,
    name: TinyModel,
    asked: { readonly prompts: number; readonly maxTokens: number; readonly temperatures: readonly number[] },
  ): Promise<void> {
    const { maxTokens } = asked;
    const config = { ...TINY_MODELS[name], vocabSize: 530 };
    const prompts = tinyBatch(
      config,
      Array.from({ length: asked.prompts }, () => [1]),
    ).groups.map(({ prompt }) => Uint32Array.from(prompt));
    const parameters = tinyParameters(device, config);
    const rows = prompts.length * N;
    const model = tinyTransformer(device, config, parameters, rows * maxTokens + 40);
    const sampler = new PolicySampler(device, config, { parameters, adapter: null }, model.ropeTable, {
      maxRows: rows,
      maxPromptTokens: 40,
      maxTokens,
    });

    for (const temperature of asked.temperatures) {
      const sampling: SamplingOptions = { n: N, maxTokens, temperature, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1, stopIds: [2, 3, 4] };
      const rollouts = await sampler.sample(prompts, sampling, Random.seeded(8).fork(`at.${temperature}`));
      const tables = statsTables(device, rows, maxTokens);
      model.forward(model.place(packGroups(groupsOf(rollouts, prompts, maxTokens))), tables, temperature);
      const gap = compare(rollouts, maxTokens, await device.read(tables.logProbs), await device.read(tables.entropies));
      gaps.set(`${name} at ${temperature}${device === portable ? ', portable' : ''}`, gap);
      expect(gap.tokens).toBeGreaterThan(rows);
      expect(gap.logProb).toBeLessThanOrEqual(ALLOWED);
      expect(gap.entropy).toBeLessThanOrEqual(ALLOWED);
    }
  }
});

function groupsOf(rollouts: readonly Rollout[], prompts: readonly Uint32Array[], maxTokens: number): PackedGroup[] {
  return prompts.map((prompt, index) => ({
    prompt,
    continuations: rollouts.flatMap((rollout, row) => (rollout.prompt === index ? [{ targets: rollout.tokens, slot: row * maxTokens }] : [])),
  }));
}

function compare(rollouts: readonly Rollout[], maxTokens: number, logProbs: ArrayLike<number>, entropies: ArrayLike<number>) {
  const gap = { logProb: 0, entropy: 0, tokens: 0 };
  rollouts.forEach((rollout, row) => {
    rollout.tokens.forEach((_, t) => {
      const at = row * maxTokens + t;
      gap.logProb = Math.max(gap.logProb, Math.abs(rollout.logProbs[t]! - logProbs[at]!));
      gap.entropy = Math.max(gap.entropy, Math.abs(rollout.entropies[t]! - entropies[at]!));
      gap.tokens++;
    });
  });
  return gap;
}
