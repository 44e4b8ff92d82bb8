import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GpuDevice } from '../../src/gpu/gpu-device.ts';
import { rowsOf } from '../../src/trainer/metrics-file.ts';
import { readText, type RunStore } from '../../src/trainer/run-store.ts';
import { memoryStore } from '../../src/trainer/run-store-memory.ts';
import { openTestDevice } from '../device.ts';
import { filesOf, runTiny, timeless, tinyRecipe } from './tiny-run.ts';

let device: GpuDevice;

beforeAll(async () => {
  device = await openTestDevice();
});

afterAll(() => device.close());

/** Weights and moments of a checkpoint; its state without the clock-dependent lengths of files. */
async function learned(store: RunStore, step: number) {
  const files = await filesOf(store, `checkpoints/step_${step}`);
  const state = JSON.parse(new TextDecoder().decode(files.get('state.json'))) as Record<string, unknown>;
  return {
    weights: files.get('model.safetensors') ?? files.get('adapter_model.safetensors'),
    moments: files.get('optimizer.safetensors'),
    progress: state['progress'],
    algorithm: state['algorithm'],
    optimizerStep: state['optimizerStep'],
  };
}

// Evaluated at step 2 as well, where one run ends and another begins: an evaluation more is a point more for the law of reward and entropy.
const withEverything = ['algorithm.kl_coef=0.01', 'algorithm.entropy_coef=0.01', 'eval={"data":"heldout","every":2,"n":2,"temperature":1}'];

describe('a run is a function of its recipe', () => {
  it('the same seed gives the same rows but for the clock, and the same weights', async () => {
    const recipe = await tinyRecipe(...withEverything);
    const [first, second] = [await runTiny(device, recipe), await runTiny(device, recipe)];
    expect(first.error).toBeUndefined();
    expect(first.rows.map(timeless)).toEqual(second.rows.map(timeless));
    expect(first.rows.map(({ step }) => step)).toEqual([0, 1, 2, 3, 4]);
    expect(await learned(second.store, 4)).toEqual(await learned(first.store, 4));
    expect(second.completions).toEqual(first.completions);
  });

  it('another seed gives other rows', async () => {
    const [first, second] = [await runTiny(device, await tinyRecipe()), await runTiny(device, await tinyRecipe('seed=8'))];
    expect(second.completions.map(({ completion }) => completion)).not.toEqual(first.completions.map(({ completion }) => completion));
    first.rows.forEach((row, index) => expect(second.rows[index]!['entropy']).not.toBe(row['entropy']));
  });

  it('a cut of the batch for memory changes rounding at most', async () => {
    const [whole, cut] = [
      await runTiny(device, await tinyRecipe('optim.warmup_steps=0', 'steps=1')),
      await runTiny(device, await tinyRecipe('optim.warmup_steps=0', 'steps=1', 'batch.micro_tokens=20')),
    ];
    const [left, right] = [timeless(whole.rows.at(-1)!), timeless(cut.rows.at(-1)!)];
    expect(Object.keys(right)).toEqual(Object.keys(left));
    for (const [name, value] of Object.entries(left)) expect(right[name], name).toBeCloseTo(Number(value), 5);
    expect(cut.completions.map(({ completion }) => completion)).toEqual(whole.completions.map(({ completion }) => completion));
  });
});

/** What keeps a state from step to step, several of it at once. */
const controlled: readonly (readonly [string, readonly string[]])[] = [
  [
    'of KL and of entropy, two passes over each rollout, a cosine',
    [
      'algorithm.kl_coef=0.05',
      'algorithm.kl_control={"target":0.001,"horizon":20}',
      'algorithm.entropy_target={"target":3,"step":0.01}',
      'algorithm.clip_cov={"share":0.2,"low":-1}',
      'batch={"prompts":4,"update_prompts":2,"epochs":2}',
      'optim.schedule=cosine',
    ],
  ],
  [
    'of a target, a filter of groups, moments that are rounded at random',
    ['algorithm.name=maxent', 'algorithm.maxent={"beta":0.1,"meta_control":{}}', 'algorithm.filter_groups.enable=true', 'optim.moments=bf16'],
  ],
  [
    'of a setpoint relative to the first step, passes with dropout, an adapter under dropout',
    [
      'algorithm.entropy_control={"setpoint":0.5,"relative":true}',
      'algorithm.bald={"passes":2,"form":"mult"}',
      'algorithm.egpo={"segment":"joint"}',
      'lora={"rank":2,"dropout":0.2}',
    ],
  ],
];

describe('a run that is resumed is the run that was not stopped', () => {
  it.each(controlled)('with controllers %s', async (_, overrides) => {
    const recipe = await tinyRecipe('optim.lr=0.01', ...overrides);
    const straight = await runTiny(device, recipe);
    expect(straight.error).toBeUndefined();
    const store = memoryStore();
    await runTiny(device, recipe, { store, options: { steps: 2 } });
    const resumed = await runTiny(device, recipe, { store, attempt: 2 });
    expect(resumed.rows.map(timeless)).toEqual(straight.rows.slice(2).map(timeless));
    const [ends, end] = [await learned(store, 4), await learned(straight.store, 4)];
    expect(end.weights).toBeDefined();
    expect(Object.keys(end.algorithm as object).length).toBeGreaterThan(1);
    expect(ends).toEqual(end);
  });

  it('2 steps and 2 more in a new process equal 4 steps, bit for bit', async () => {
    const straight = await runTiny(device, await tinyRecipe(...withEverything));
    const store = memoryStore();
    // As a process killed after step 2 leaves it: the schedule is that of 4 steps.
    const recipe = await tinyRecipe(...withEverything);
    const begun = await runTiny(device, recipe, { store, options: { steps: 2 } });
    expect(begun.summary?.step).toBe(2);
    const resumed = await runTiny(device, recipe, { store, attempt: 2 });
    expect(resumed.warnings).toEqual([]);
    expect(resumed.rows.map(({ step }) => step)).toEqual([3, 4]);
    expect([...begun.rows.slice(0, 2), ...resumed.rows].map(timeless).slice(-2)).toEqual(straight.rows.map(timeless).slice(-2));
    expect(await learned(store, 4)).toEqual(await learned(straight.store, 4));
    const written = rowsOf((await readText(store, 'metrics.jsonl'))!, 'metrics.jsonl');
    expect(written.map(({ step, attempt }) => [step, attempt])).toEqual([
      [0, 1],
      [1, 1],
      [2, 1],
      [3, 2],
      [4, 2],
    ]);
    expect(written.slice(-2).map(timeless)).toEqual(
      rowsOf((await readText(straight.store, 'metrics.jsonl'))!, '')
        .slice(-2)
        .map(timeless),
    );
  });

  it('an interrupted run writes a checkpoint at once, and goes on from it', async () => {
    const recipe = await tinyRecipe('checkpoint.every=null');
    const store = memoryStore();
    const controller = new AbortController();
    const stopped = await runTiny(device, recipe, {
      store,
      signal: controller.signal,
      observer: { step: ({ step }) => void (step === 3 && controller.abort()) },
    });
    expect(stopped.summary).toMatchObject({ stopped: 'interrupted', step: 3, checkpoint: 'checkpoints/step_3' });
    const straight = await runTiny(device, recipe);
    const resumed = await runTiny(device, recipe, { store, attempt: 2 });
    expect(resumed.rows.map(({ step }) => step)).toEqual([4]);
    expect(await learned(store, 4)).toEqual(await learned(straight.store, 4));
  });

  it('supervised training resumes bit for bit too', async () => {
    const recipe = await tinyRecipe('method=sft', 'batch={"prompts":6}', 'steps=4');
    const straight = await runTiny(device, recipe);
    expect(straight.error).toBeUndefined();
    const store = memoryStore();
    await runTiny(device, recipe, { store, options: { steps: 2 } });
    const resumed = await runTiny(device, recipe, { store, attempt: 2 });
    expect(resumed.rows.map(timeless)).toEqual(straight.rows.slice(-2).map(timeless));
    expect(await learned(store, 4)).toEqual(await learned(straight.store, 4));
  });
});
