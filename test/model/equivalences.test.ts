import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../src/base/random.ts';
import type { GpuDevice } from '../../src/gpu/gpu-device.ts';
import { elementsOf, type Tensor } from '../../src/gpu/tensor.ts';
import type { ModelConfig } from '../../src/model/config.ts';
import { ALL_LINEAR, createLora, type LoraAdapter, mergeLora } from '../../src/model/lora.ts';
import { packGroups } from '../../src/model/packing.ts';
import type { Parameters } from '../../src/model/parameters.ts';
import { baseWeights, Transformer } from '../../src/model/transformer.ts';
import { AdamW } from '../../src/optim/adamw.ts';
import { PolicySampler } from '../../src/rollout/sampler.ts';
import { openTestDevice } from '../device.ts';
import { lossCoefficients } from './loss-problem.ts';
import { numbersIn, statsTables, TINY_MODELS, TINY_NAMES, type TinyBatch, tinyBatch, tinyParameters, tinyTransformer } from './tiny-models.ts';

let device: GpuDevice;

beforeAll(async () => {
  device = await openTestDevice();
});

afterAll(() => device.close());

const TEMPERATURE = 0.8;

function adapterOf(parameters: Parameters): LoraAdapter {
  const adapter = createLora(device, parameters, { rank: 3, alpha: 6, rslora: false, targets: ALL_LINEAR });
  const random = Random.seeded(21).fork('adapter');
  for (const { name, shape, weights } of adapter.all) {
    const stream = random.fork(name);
    device.upload(
      weights,
      Float32Array.from({ length: elementsOf(shape) }, (_, i) => 0.2 * stream.normal(i)),
    );
  }
  return adapter;
}

async function bitsOf(tensor: Tensor): Promise<Uint32Array> {
  return new Uint32Array(Float32Array.from(await device.read(tensor)).buffer);
}

async function largestGap(a: Tensor, b: Tensor): Promise<number> {
  const [left, right] = [await numbersIn(device, a), await numbersIn(device, b)];
  return left.reduce((most, value, i) => Math.max(most, Math.abs(value - right[i]!)), 0);
}

describe('greedy decoding through the cache', () => {
  it.each(TINY_NAMES)('%s: every token is what a forward pass over the whole text says is likeliest, at the same log-prob', async (name) => {
    const config = TINY_MODELS[name];
    const maxTokens = 6;
    const prompts = tinyBatch(config, [[1], [1]]).groups.map(({ prompt }) => Uint32Array.from(prompt));
    const parameters = tinyParameters(device, config);
    const model = tinyTransformer(device, config, parameters, 2 * (maxTokens + 6));
    const sampler = new PolicySampler(device, config, baseWeights(parameters), model.ropeTable, { maxRows: 2, maxPromptTokens: 20, maxTokens });
    const greedy = { n: 1, maxTokens, temperature: 0, topK: 0, topP: 1, minP: 0, repetitionPenalty: 1, stopIds: [] };
    const rollouts = await sampler.sample(prompts, greedy, Random.seeded(1));

    // Every token of the vocabulary as the target after each prefix: the whole text anew for each position.
    let worst = 0;
    for (const { prompt, tokens, logProbs } of rollouts) {
      expect(tokens).toHaveLength(maxTokens);
      for (let t = 0; t < maxTokens; t++) {
        const text = [...prompts[prompt]!, ...tokens.subarray(0, t)];
        const all = Array.from({ length: config.vocabSize }, (_, token) => ({ targets: [token], slot: token }));
        const tables = statsTables(device, config.vocabSize, 1);
        const whole = tinyTransformer(device, config, parameters, text.length + config.vocabSize);
        whole.forward(whole.place(packGroups([{ prompt: text, continuations: all }])), tables, 1);
        const said = await device.read(tables.logProbs);
        const likeliest = said.indexOf(Math.max(...said));
        expect(tokens[t], `token ${t} of prompt ${prompt}`).toBe(likeliest);
        worst = Math.max(worst, Math.abs(logProbs[t]! - said[likeliest]!));
      }
    }
    console.log(`${name} on ${device.name}: cache against whole text, log-probs ${worst.toExponential(1)} nats apart at most`);
    expect(worst).toBeLessThan(1e-5);
  });
});

describe('an adapter', () => {
  it.each(TINY_NAMES)('%s: folded into the weights says the same, and another than without it', async (name) => {
    const config = TINY_MODELS[name];
    const { groups, rows, length, tokens } = tinyBatch(config, [[7], [3, 9, 1], [5, 6]]);
    const parameters = tinyParameters(device, config);
    const adapter = adapterOf(parameters);
    const model = new Transformer(device, config, parameters, { maxPositions: 64, maxTokens: tokens, maxPredictions: tokens }, adapter);
    const batch = model.place(packGroups(groups));
    const [without, beside, folded] = [statsTables(device, rows, length), statsTables(device, rows, length), statsTables(device, rows, length)];
    model.forward(batch, without, TEMPERATURE, baseWeights(parameters));
    model.forward(batch, beside, TEMPERATURE);
    mergeLora(device, parameters, adapter);
    model.forward(batch, folded, TEMPERATURE, baseWeights(parameters));
    const gap = Math.max(await largestGap(beside.logProbs, folded.logProbs), await largestGap(beside.entropies, folded.entropies));
    console.log(`${name} on ${device.name}: folded and beside ${gap.toExponential(1)} nats apart at most`);
    expect(gap).toBeLessThan(5e-5);
    expect(await largestGap(beside.logProbs, without.logProbs)).toBeGreaterThan(0.1);
  });
});

describe('activations computed again in the backward pass', () => {
  interface Trained {
    readonly said: readonly Uint32Array[];
    readonly gradients: readonly Uint32Array[];
    readonly weights: readonly Uint32Array[];
    readonly activationBytes: number;
  }

  async function train(config: ModelConfig, { groups, rows, length, tokens }: TinyBatch, withAdapter: boolean, recompute: boolean): Promise<Trained> {
    const parameters = tinyParameters(device, config);
    const before = device.memory.byPart.get('activations') ?? 0;
    const limits = { maxPositions: 64, maxTokens: tokens, maxPredictions: tokens, recompute };
    const model = new Transformer(device, config, parameters, limits, withAdapter ? adapterOf(parameters) : null);
    const activationBytes = device.memory.byPart.get('activations')! - before;
    const moved = model.trained.map((parameter) => ({ name: parameter.name, weights: parameter.weights, gradient: model.gradients.get(parameter)! }));
    const optimizer = new AdamW(device, moved, { betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0.01, maxGradNorm: 1 });
    const tables = statsTables(device, rows, length);
    const { slopes } = lossCoefficients(device, groups, rows, length);
    const batch = model.place(packGroups(groups));
    const gradients: Uint32Array[] = [];
    for (let step = 0; step < 2; step++) {
      model.forward(batch, tables, TEMPERATURE);
      model.backward(batch, slopes, TEMPERATURE);
      for (const parameter of model.trained) gradients.push(await bitsOf(model.gradients.get(parameter)!));
      await optimizer.update(1e-2);
      model.clearGradients();
    }
    const weights = [];
    for (const parameter of model.trained) weights.push(await bitsOf(parameter.weights));
    return { said: [await bitsOf(tables.logProbs), await bitsOf(tables.entropies)], gradients, weights, activationBytes };
  }

  it.each(TINY_NAMES.flatMap((name) => [[name, false] as const, [name, true] as const]))(
    '%s, adapter %s: the same gradients and weights, bit for bit, in less memory',
    async (name, withAdapter) => {
      const config = { ...TINY_MODELS[name], layers: 3 };
      const batch = tinyBatch(config, [[7], [3, 9, 1], [5, 6]]);
      const kept = await train(config, batch, withAdapter, false);
      const again = await train(config, batch, withAdapter, true);
      expect(again.said).toEqual(kept.said);
      expect(again.gradients).toEqual(kept.gradients);
      expect(again.weights).toEqual(kept.weights);
      expect(kept.gradients.every((bits) => bits.some((word) => word !== 0))).toBe(true);
      expect(again.activationBytes).toBeLessThan(0.5 * kept.activationBytes);
    },
  );
});
