import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Random } from '../../src/base/random.ts';
import type { Device } from '../../src/gpu/device.ts';
import type { GpuDevice } from '../../src/gpu/gpu-device.ts';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import { openTestDevice } from '../device.ts';
import { type LossProblem, lossProblem } from './loss-problem.ts';
import { numbersIn, TINY_MODELS, TINY_NAMES } from './tiny-models.ts';

let device: GpuDevice;

beforeAll(async () => {
  device = await openTestDevice();
});

afterAll(() => device.close());

async function gradientsOf(on: Device, problem: LossProblem): Promise<readonly { readonly name: string; readonly values: Float64Array }[]> {
  await problem.loss();
  problem.backward();
  const gradients = [];
  for (const parameter of problem.parameters.all)
    gradients.push({ name: parameter.name, values: await numbersIn(on, problem.model.gradients.get(parameter)!) });
  return gradients;
}

const largestOf = (values: Float64Array): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

describe('the backward pass on this adapter', () => {
  it.each(TINY_NAMES)('%s: every gradient is that of float64', async (name) => {
    const got = await gradientsOf(device, lossProblem(device, TINY_MODELS[name]));
    const reference = new ReferenceDevice();
    const expected = await gradientsOf(reference, lossProblem(reference, TINY_MODELS[name]));
    let worst = 0;
    got.forEach(({ name: parameter, values }, place) => {
      const wanted = expected[place]!.values;
      const error = values.reduce((most, value, i) => Math.max(most, Math.abs(value - wanted[i]!)), 0) / largestOf(wanted);
      expect(error, `gradient of ${parameter}`).toBeLessThan(1e-4);
      worst = Math.max(worst, error);
    });
    console.log(`${name} on ${device.name}: largest gradient difference ${worst.toExponential(1)} of the tensor's largest`);
  });

  it.each(TINY_NAMES)('%s: the loss moves along a direction as the gradient says', async (name) => {
    const problem = lossProblem(device, TINY_MODELS[name]);
    const gradients = await gradientsOf(device, problem);
    const norm = Math.sqrt(gradients.reduce((sum, { values }) => sum + values.reduce((part, value) => part + value * value, 0), 0));
    const random = Random.seeded(9).fork(name);
    const count = gradients.reduce((sum, { values }) => sum + values.length, 0);
    // Half along the gradient, half anywhere: of length about 1.
    const direction = gradients.map(({ name: parameter, values }) => {
      const stream = random.fork(parameter);
      return Float64Array.from(values, (value, i) => 0.7 * (value / norm) + (0.7 * stream.normal(i)) / Math.sqrt(count));
    });
    const slope = gradients.reduce((sum, { values }, place) => sum + values.reduce((part, value, i) => part + value * direction[place]![i]!, 0), 0);
    const weights: Float64Array[] = [];
    for (const parameter of problem.parameters.all) weights.push(await numbersIn(device, parameter.weights));
    const movedBy = async (step: number): Promise<number> => {
      problem.parameters.all.forEach((parameter, place) =>
        device.upload(
          parameter.weights,
          weights[place]!.map((value, i) => value + step * direction[place]![i]!),
        ),
      );
      return problem.loss();
    };
    // Two steps of differences, so that the cubic term cancels (Richardson).
    const difference = async (step: number): Promise<number> => ((await movedBy(step)) - (await movedBy(-step))) / (2 * step);
    const measured = (4 * (await difference(2e-3)) - (await difference(4e-3))) / 3;
    const error = Math.abs(measured - slope) / norm;
    expect(error, `${slope} by backward, ${measured} by differences`).toBeLessThan(1e-3);
    console.log(
      `${name} on ${device.name}: directional derivative ${slope.toPrecision(6)}, by differences ${measured.toPrecision(6)}, ${error.toExponential(1)} of the gradient's norm apart`,
    );
  });
});
