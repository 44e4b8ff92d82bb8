/** The backward pass of the whole model, in float64, against differences of its loss. */

import { describe, expect, it } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { tensorOf } from '../../src/gpu/device.ts';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import { numbersIn, TINY_MODELS, TINY_NAMES } from './tiny-models.ts';
import { lossProblem } from './loss-problem.ts';

const STEP = 1e-5;

describe('gradients of Σ w·logProb + u·entropy are those of finite differences', () => {
  it.each(TINY_NAMES)('%s: every parameter tensor, completions that share prompts and ones that do not', async (name) => {
    const device = new ReferenceDevice();
    const problem = lossProblem(device, TINY_MODELS[name]);
    await problem.loss();
    problem.backward();
    const random = Random.seeded(2).fork(name);
    let worst = 0;
    for (const parameter of problem.parameters.all) {
      const gradient = await numbersIn(device, problem.model.gradients.get(parameter)!);
      const largest = gradient.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      expect(largest, `${parameter.name} moves nothing`).toBeGreaterThan(0);
      const strongest = gradient.findIndex((value) => Math.abs(value) === largest);
      const weights = await numbersIn(device, parameter.weights);
      for (const index of [strongest, random.fork(parameter.name).below(gradient.length, 0)]) {
        const moved = async (by: number): Promise<number> => {
          const changed = Float64Array.from(weights);
          changed[index]! += by;
          device.upload(parameter.weights, changed);
          return problem.loss();
        };
        const difference = ((await moved(STEP)) - (await moved(-STEP))) / (2 * STEP);
        device.upload(parameter.weights, weights);
        const error = Math.abs(difference - gradient[index]!) / largest;
        worst = Math.max(worst, error);
        expect(error, `${parameter.name}[${index}]: ${gradient[index]} by backward, ${difference} by differences`).toBeLessThan(1e-6);
      }
    }
    console.log(`${name}: largest |backward − differences| ${worst.toExponential(1)} of the tensor's largest`);
  });

  it('tokens whose slopes are 0 move nothing', async () => {
    const device = new ReferenceDevice();
    const problem = lossProblem(device, TINY_MODELS.llama);
    await problem.loss();
    const { byLogProb } = problem.slopes;
    const zero = tensorOf(device, 'f32', byLogProb.shape, new Float64Array(byLogProb.length), 'tables/zero');
    problem.backward({ byLogProb: zero, byEntropy: zero });
    for (const gradient of problem.model.gradients.values()) expect((await device.read(gradient)).every((value) => value === 0)).toBe(true);
  });
});
