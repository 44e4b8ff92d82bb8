import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAlgorithm } from '../../src/algorithms/index.ts';
import { Random } from '../../src/base/random.ts';
import { Learner } from '../../src/engines/learner.ts';
import type { ScoredRollout } from '../../src/engines/scorer.ts';
import type { GpuDevice } from '../../src/gpu/gpu-device.ts';
import { AdamW } from '../../src/optim/adamw.ts';
import { cutMiniBatches, type StepMaterial } from '../../src/trainer/mini-batches.ts';
import { formBatch } from '../../src/trainer/rollout-batch.ts';
import { StepTables } from '../../src/trainer/step-tables.ts';
import { openTestDevice } from '../device.ts';
import { numbersIn, TINY_MODELS, type TinyModel, tinyBatch, tinyParameters, tinyTransformer } from '../model/tiny-models.ts';

let device: GpuDevice;

beforeAll(async () => {
  device = await openTestDevice();
});

afterAll(() => device.close());

const T = 7;
const PROMPTS = 3;
const LR = 1e-3;
const MAX_GRAD_NORM = 1;
const random = Random.seeded(4).fork('micro-batches');

/** Clipping, a KL term and an entropy bonus: every kind of slope. */
const algorithm = createAlgorithm({ klCoef: 0.1, entropyCoef: 0.02 });

/** Three prompts of four completions, and an old policy that is far enough away for ratios to be clipped. */
function stepMaterial(name: TinyModel): StepMaterial {
  const { groups } = tinyBatch(
    TINY_MODELS[name],
    Array.from({ length: PROMPTS }, (_, p) => [2 + p, T, 1, 5]),
  );
  const scored = groups.flatMap(({ continuations }, prompt) =>
    continuations.map(({ targets }, member): ScoredRollout => {
      const tokens = Uint32Array.from(targets);
      const none = Float32Array.from(tokens, () => 0);
      return {
        rollout: { prompt, member, tokens, logProbs: none, entropies: none, finishReason: 'length' },
        completion: { prompt: { id: `${prompt}`, source: 'test', text: '', columns: {} }, text: '', ids: tokens, finishReason: 'length' },
        reward: random.fork('reward').normal(prompt, member),
        parts: {},
      };
    }),
  );
  const oldLogProbs = scored.map(({ rollout }, row) => Float32Array.from(rollout.tokens, (_, t) => -3 + 0.5 * random.fork('old').normal(row, t)));
  const batch = formBatch(scored, T);
  const promptTokens = groups.map(({ prompt }) => Uint32Array.from(prompt));
  return { batch, advantages: algorithm.advantages(batch), scored, signals: { oldLogProbs, oldEntropies: oldLogProbs }, promptTokens };
}

interface Outcome {
  readonly byLogProb: Float64Array;
  readonly byEntropy: Float64Array;
  readonly gradients: ReadonlyMap<string, Float64Array>;
  readonly parameters: ReadonlyMap<string, Float64Array>;
  readonly gradNorm: number;
}

/** One update, with micro-batches of so many rows. */
async function update(name: TinyModel, microRows: number): Promise<Outcome> {
  const material = stepMaterial(name);
  const [rows] = cutMiniBatches(material, PROMPTS, random.fork('shuffle'));
  const config = TINY_MODELS[name];
  const parameters = tinyParameters(device, config);
  const reference = tinyParameters(device, config, 'reference');
  device.upload(reference.finalNorm.weights, new Float32Array(config.width).fill(0.8));
  const model = tinyTransformer(device, config, parameters, 128);
  const trained = parameters.all.map((parameter) => ({ name: parameter.name, weights: parameter.weights, gradient: model.gradients.get(parameter)! }));
  const optimizer = new AdamW(device, trained, { betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0.01, maxGradNorm: MAX_GRAD_NORM });
  const B = rows!.rows.length;
  const learner = new Learner(model, optimizer, reference && { parameters: reference, adapter: null }, {
    maxRows: B,
    maxLength: T,
    microTokens: 128,
    microRows,
  });

  const refLogProbs = learner.referenceLogProbs(rows!.groups, B, T, 1);
  const now = learner.policyStats(rows!.groups, B, T, 1);
  const tables = new StepTables(device, B, T, algorithm.needs);
  const slopes = algorithm.update(tables.layOut(rows!, material, now, { refLogProbs, hasMoved: true }), random);
  const [byLogProb, byEntropy] = [await numbersIn(device, slopes.byLogProb), await numbersIn(device, slopes.byEntropy)];
  learner.accumulate(rows!.groups, slopes, 1);
  const gradients = new Map<string, Float64Array>();
  for (const parameter of parameters.all) gradients.set(parameter.name, await numbersIn(device, model.gradients.get(parameter)!));
  const { gradNorm } = await learner.update(LR);
  const moved = new Map<string, Float64Array>();
  for (const { name: parameter, weights } of parameters.all) moved.set(parameter, await numbersIn(device, weights));
  return { byLogProb, byEntropy, gradients, parameters: moved, gradNorm };
}

const largestOf = (values: Float64Array): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
const apart = (a: Float64Array, b: Float64Array): Float64Array => a.map((value, i) => Math.abs(value - b[i]!));

describe('micro-batches change memory, not results', () => {
  it.each(['llama', 'mistral', 'qwen2', 'qwen3'] as const)('%s: 1, 3 and all rows at a time', async (name) => {
    const whole = await update(name, 100);
    expect(largestOf(whole.byLogProb)).toBeGreaterThan(0);
    expect(largestOf(whole.byEntropy)).toBeGreaterThan(0);
    for (const microRows of [1, 3]) {
      const cut = await update(name, microRows);
      expect(cut.byLogProb).toEqual(whole.byLogProb);
      expect(cut.byEntropy).toEqual(whole.byEntropy);
      const worst = { gradient: 0, firm: 0 };
      const clip = Math.min(1, MAX_GRAD_NORM / (whole.gradNorm + 1e-6));
      for (const [parameter, gradient] of whole.gradients) {
        const largest = largestOf(gradient);
        worst.gradient = Math.max(worst.gradient, largestOf(apart(cut.gradients.get(parameter)!, gradient)) / largest);
        const steps = apart(cut.parameters.get(parameter)!, whole.parameters.get(parameter)!);
        // The step of an element whose gradient is rounding noise may have either sign.
        const firm = steps.filter((_, i) => Math.abs(gradient[i]!) * clip >= 1e-6 && Math.abs(gradient[i]!) >= 1e-3 * largest);
        worst.firm = Math.max(worst.firm, largestOf(firm));
      }
      console.log(
        `${name} on ${device.name}, ${microRows} rows at a time: gradients within ${worst.gradient.toExponential(1)} of their tensor's largest, firm parameters within ${worst.firm.toExponential(1)}`,
      );
      expect(worst.gradient).toBeLessThanOrEqual(1e-5);
      expect(worst.firm).toBeLessThanOrEqual(3e-6);
    }
  });

  it('the same micro-batches give the same bits', async () => {
    const [first, second] = [await update('llama', 3), await update('llama', 3)];
    expect(second.gradients).toEqual(first.gradients);
    expect(second.parameters).toEqual(first.parameters);
  });
});
