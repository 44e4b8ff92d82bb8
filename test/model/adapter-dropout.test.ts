/** Dropout of what an adapter reads: its masks, and the gradient through them. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { Learner } from '../../src/engines/learner.ts';
import type { Device } from '../../src/gpu/device.ts';
import type { GpuDevice } from '../../src/gpu/gpu-device.ts';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import { ALL_LINEAR, createLora } from '../../src/model/lora.ts';
import { packGroups } from '../../src/model/packing.ts';
import type { DropoutKey } from '../../src/model/transformer.ts';
import { Transformer } from '../../src/model/transformer.ts';
import { AdamW } from '../../src/optim/adamw.ts';
import { openTestDevice } from '../device.ts';
import { lossCoefficients } from './loss-problem.ts';
import { numbersIn, statsTables, TINY_MODELS, tinyBatch, tinyParameters } from './tiny-models.ts';

const config = TINY_MODELS.qwen2;
const { groups, rows, length, tokens } = tinyBatch(config, [[7], [3, 9, 1], [5, 6]]);
const TEMPERATURE = 0.8;
const key: DropoutKey = Random.seeded(3).key;

/** A tiny policy with an adapter that is not at its start, and what it says of a batch. */
function problemOn(device: Device, dropout: number, { recompute = false }: { readonly recompute?: boolean } = {}) {
  const parameters = tinyParameters(device, config);
  const adapter = createLora(device, parameters, { rank: 3, alpha: 6, rslora: false, dropout, targets: ALL_LINEAR });
  const random = Random.seeded(21).fork('adapter');
  for (const { name, weights } of adapter.all) {
    const stream = random.fork(name);
    device.upload(
      weights,
      Float32Array.from({ length: weights.length }, (_, i) => 0.2 * stream.normal(i)),
    );
  }
  const model = new Transformer(device, config, parameters, { maxPositions: 64, maxTokens: tokens, maxPredictions: tokens, recompute }, adapter);
  const tables = statsTables(device, rows, length);
  const coefficients = lossCoefficients(device, groups, rows, length);
  const batch = model.place(packGroups(groups));
  const says = async (dropoutKey: DropoutKey | null): Promise<Float64Array> => {
    model.forward(batch, tables, TEMPERATURE, model, dropoutKey);
    return numbersIn(device, tables.logProbs);
  };
  const gradients = async (dropoutKey: DropoutKey | null): Promise<readonly Float64Array[]> => {
    await says(dropoutKey);
    model.clearGradients();
    model.backward(batch, coefficients.slopes, TEMPERATURE, dropoutKey);
    return Promise.all(model.trained.map((parameter) => numbersIn(device, model.gradients.get(parameter)!)));
  };
  const loss = async (dropoutKey: DropoutKey | null): Promise<number> => {
    const logProbs = await says(dropoutKey);
    const entropies = await numbersIn(device, tables.entropies);
    const { slots, weights } = coefficients;
    return slots.reduce((sum, slot) => sum + weights.logProb[slot]! * logProbs[slot]! + weights.entropy[slot]! * entropies[slot]!, 0);
  };
  return { model, says, gradients, loss };
}

describe('in float64', () => {
  it('the gradient of every adapter parameter is that of differences of the loss under the same masks', async () => {
    const device = new ReferenceDevice();
    const { model, gradients, loss } = problemOn(device, 0.3);
    const byBackward = await gradients(key);
    let worst = 0;
    for (const [index, parameter] of model.trained.entries()) {
      const gradient = byBackward[index]!;
      const largest = gradient.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expect(largest, `${parameter.name} moves nothing`).toBeGreaterThan(0);
      const weights = await numbersIn(device, parameter.weights);
      for (const at of [gradient.findIndex((value) => Math.abs(value) === largest), Random.seeded(8).fork(parameter.name).below(gradient.length, 0)]) {
        const moved = async (by: number): Promise<number> => {
          device.upload(
            parameter.weights,
            Float64Array.from(weights, (value, i) => (i === at ? value + by : value)),
          );
          return loss(key);
        };
        const difference = ((await moved(1e-5)) - (await moved(-1e-5))) / 2e-5;
        device.upload(parameter.weights, weights);
        const error = Math.abs(difference - gradient[at]!) / largest;
        worst = Math.max(worst, error);
        expect(error, `${parameter.name}[${at}]`).toBeLessThan(1e-6);
      }
    }
    console.log(`adapter dropout: largest |backward − differences| ${worst.toExponential(1)} of the tensor's largest`);
  });

  it('the base model’s own gradient passes the masks, too', async () => {
    const device = new ReferenceDevice();
    const { model, gradients } = problemOn(device, 0.3);
    // The first block's adapter gets its gradient through all the masks of the second.
    const masked = await gradients(key);
    const first = model.trained.findIndex(({ name }) => name.includes('layers.0.qkv.loraA'));
    expect(masked[first]!.some((value) => value !== 0)).toBe(true);
    expect(masked[first]).not.toEqual((await gradients(null))[first]);
  });
});

describe('on the adapter', () => {
  let device: GpuDevice;
  beforeAll(async () => {
    device = await openTestDevice();
  });
  afterAll(() => device.close());

  it('a pass without a key drops nothing; a key draws its masks, the same whenever it is given', async () => {
    const [plain, dropping] = [problemOn(device, 0), problemOn(device, 0.3)];
    const whole = await plain.says(null);
    expect(await plain.says(key)).toEqual(whole);
    expect(await dropping.says(null)).toEqual(whole);
    const masked = await dropping.says(key);
    expect(masked).not.toEqual(whole);
    expect(await dropping.says(Random.seeded(4).key)).not.toEqual(masked);
    expect(await dropping.says(key)).toEqual(masked);
    // Inputs are kept on average: the log-probs stay near.
    const apart = Math.max(...masked.map((value, i) => Math.abs(value - whole[i]!)));
    expect(apart).toBeLessThan(10);
  });

  it('activations computed again see the same masks, bit for bit', async () => {
    const [kept, again] = [problemOn(device, 0.3), problemOn(device, 0.3, { recompute: true })];
    expect(await again.gradients(key)).toEqual(await kept.gradients(key));
  });

  it('the learner’s micro-batches do not change what is said under dropout, and its gradient is of what was said', async () => {
    const learnerOf = (microTokens: number) => {
      const { model } = problemOn(device, 0.3);
      const moved = model.trained.map((parameter) => ({ name: parameter.name, weights: parameter.weights, gradient: model.gradients.get(parameter)! }));
      const optimizer = new AdamW(device, moved, { betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, maxGradNorm: 0 });
      return new Learner(model, optimizer, null, { maxRows: rows, maxLength: length, microTokens });
    };
    const { slopes } = lossCoefficients(device, groups, rows, length);
    const dropout = Random.seeded(3);
    const [one, several] = [learnerOf(tokens), learnerOf(20)];
    const said: Float64Array[] = [];
    for (const learner of [one, several]) {
      said.push(await numbersIn(device, learner.policyStats(groups, rows, length, TEMPERATURE, dropout).logProbs));
      learner.accumulate(groups, slopes, TEMPERATURE, dropout);
    }
    expect(said[1]).toEqual(said[0]);
    const byModel = await problemOn(device, 0.3).gradients(dropout.key);
    for (const [index, parameter] of one.model.trained.entries()) {
      expect(await numbersIn(device, one.model.gradients.get(parameter)!)).toEqual(byModel[index]);
      const split = await numbersIn(device, several.model.gradients.get(several.model.trained[index]!)!);
      const largest = Math.max(...byModel[index]!.map(Math.abs));
      split.forEach((value, i) => expect(Math.abs(value - byModel[index]![i]!)).toBeLessThan(1e-4 * largest + 1e-6));
    }
    // What was said without masks is not learned from with them: the pass is made again.
    one.model.clearGradients();
    one.policyStats(groups, rows, length, TEMPERATURE);
    one.accumulate(groups, slopes, TEMPERATURE, dropout);
    expect(await numbersIn(device, one.model.gradients.get(one.model.trained[0]!)!)).toEqual(byModel[0]);
  });
});
