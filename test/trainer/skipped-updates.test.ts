import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GuardError } from '../../src/base/errors.ts';
import type { Device } from '../../src/gpu/device.ts';
import type { GpuDevice } from '../../src/gpu/gpu-device.ts';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import type { TrainJob } from '../../src/trainer/train.ts';
import { openTestDevice } from '../device.ts';
import { numbersIn } from '../model/tiny-models.ts';
import { runTiny, tinyRecipe } from './tiny-run.ts';

let device: GpuDevice;

beforeAll(async () => {
  device = await openTestDevice();
});

afterAll(() => device.close());

const devices: readonly (readonly [string, () => Device])[] = [
  ['this adapter', () => device],
  ['the reference', () => new ReferenceDevice()],
];

/** Weights and moments. */
async function learned({ live: { device: on, parameters, optimizer } }: TrainJob): Promise<readonly Float64Array[]> {
  const numbers = [];
  for (const { name, weights } of parameters.all) {
    const { m, v } = optimizer.moments.get(name)!;
    for (const tensor of [weights, m, v]) numbers.push(await numbersIn(on, tensor));
  }
  return numbers;
}

describe.each(devices)('updates whose gradient is not finite, on %s', (_, on) => {
  /** Rewards so large that their gradient has no number, in the given steps. */
  async function runWithOverflow(steps: readonly number[], ...overrides: readonly string[]) {
    let step = 1;
    let member = 0;
    let job: TrainJob | undefined;
    const after = new Map<number, readonly Float64Array[]>();
    const recipe = await tinyRecipe('reward=[{"use":"test:judge"}]', 'algorithm.advantage_scale=none', 'algorithm.clip_dual=null', 'steps=6', ...overrides);
    const judge = (): number => (member++ % 2) * (steps.includes(step) ? 1e300 : 1);
    const run = await runTiny(on(), recipe, {
      judges: { judge },
      prepare: (made) => (job = made),
      observer: {
        async step(row) {
          step = row.step + 1;
          after.set(row.step, await learned(job!));
        },
      },
    });
    return { ...run, after };
  }

  it('change neither weights nor moments, are counted, and the run goes on', async () => {
    const { error, rows, after } = await runWithOverflow([3]);
    expect(error).toBeUndefined();
    expect(rows.map((row) => row['updates/skipped'])).toEqual([0, 0, 2, 0, 0, 0]);
    expect(after.get(3)).toEqual(after.get(2));
    expect(after.get(4)).not.toEqual(after.get(3));
    expect(after.get(6)!.every((values) => values.every(Number.isFinite))).toBe(true);
  });

  it.each([
    ['in one step', 'batch={"prompts":4,"update_prompts":1}', [2], 2],
    ['over several steps', 'batch={"prompts":4,"update_prompts":4}', [2, 3, 4, 5, 6], 4],
  ] as const)('stop the run after three in a row, %s', async (_, batch, steps, last) => {
    const { error, rows, after } = await runWithOverflow(steps, batch);
    expect(error).toBeInstanceOf(GuardError);
    expect(error).toMatchObject({
      exitCode: 4,
      message: expect.stringMatching(/expected finite gradients, got [34] updates in a row without\. The policy is as it was before them/),
    });
    expect(rows.at(-1)!.step).toBe(last);
    expect(after.get(last)).toEqual(after.get(1));
  });

  it('stop supervised training too', async () => {
    const recipe = await tinyRecipe('method=sft', 'batch={"prompts":4}', 'steps=6');
    const { error, rows } = await runTiny(on(), recipe, {
      prepare: ({ live: { device: used, parameters } }) => used.upload(parameters.all.find(({ name }) => name === 'finalNorm')!.weights, [Number.NaN]),
    });
    expect(error).toBeInstanceOf(GuardError);
    expect(rows.map((row) => row['updates/skipped'])).toEqual([1, 1, 1]);
  });

  it('two in a row and then a finite one stop nothing', async () => {
    const { error } = await runWithOverflow([2, 3, 5, 6], 'batch={"prompts":4,"update_prompts":4}');
    expect(error).toBeUndefined();
  });
});
