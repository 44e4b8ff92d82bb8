import { describe, expect, it } from 'vitest';
import { lineOf, rowsOf } from '../../src/trainer/metrics-file.ts';
import { renamed, withOurNames } from '../../src/trainer/metric-names.ts';
import { type CompletionSample, type MetricsRow, silent, tellAll } from '../../src/trainer/observer.ts';
import { metricsPath, runRecorder, summaryPath } from '../../src/trainer/run-recorder.ts';
import { memoryStore } from '../../src/trainer/run-store-memory.ts';
import { readText, type RunStore } from '../../src/trainer/run-store.ts';

const options = { attempt: 1, schema: 'entrain', completions: true } as const;
const row = (step: number, attempt = 1): MetricsRow => ({ step, attempt, time: '2026-01-01T00:00:00.000Z', reward: step / 10 });
const steps = async (store: RunStore, path = metricsPath) => rowsOf((await readText(store, path)) ?? '', path).map(({ step, attempt }) => `${step}/${attempt}`);

describe('rows', () => {
  it('keep numbers that are not finite, and leave a torn end out', () => {
    const line = lineOf({ step: 1, loss: NaN, kl: Infinity, low: -Infinity, note: null });
    expect(line).toBe('{"step":1,"loss":"NaN","kl":"Infinity","low":"-Infinity","note":null}\n');
    expect(rowsOf(`${line}{"step":2,"lo`, 'm')).toEqual([{ step: 1, loss: NaN, kl: Infinity, low: -Infinity, note: null }]);
    expect(() => rowsOf(`nonsense\n${line}`, 'metrics.jsonl')).toThrow('metrics.jsonl:1: expected a JSON object with a step, got nonsense');
  });
});

describe('the record of a run', () => {
  it('is cut at the bookmark of the checkpoint that is resumed', async () => {
    const store = memoryStore();
    const first = runRecorder(store, options);
    await first.resumed(0, undefined);
    for (const step of [1, 2]) await first.step(row(step));
    await first.evaluated(2, { 'eval/heldout/mean@1': 0.5 });
    const bookmark = await first.bookmark();
    await first.step(row(3));
    await first.evaluated(3, { 'eval/heldout/mean@1': 0.6 });
    await store.append(metricsPath, '{"step":4,"att');

    const second = runRecorder(store, { ...options, attempt: 2 });
    await second.resumed(2, bookmark);
    await second.step(row(3, 2));
    expect(await steps(store)).toEqual(['1/1', '2/1', '3/2']);
    expect(await steps(store, summaryPath)).toEqual(['2/1']);
  });

  it.each([
    ['is missing', undefined],
    ['lies past the end', { [metricsPath]: 1e6 }],
    ['lies inside a line', { [metricsPath]: 10 }],
  ])('is cut by step where the bookmark %s', async (_, bookmark) => {
    const store = memoryStore();
    for (const step of [1, 2, 3]) await store.append(metricsPath, lineOf(row(step)));
    await runRecorder(store, options).resumed(2, bookmark);
    expect(await steps(store)).toEqual(['1/1', '2/1']);
  });

  it('is kept aside when a run starts over without a checkpoint', async () => {
    const store = memoryStore();
    await store.append(metricsPath, lineOf(row(1)));
    const again = runRecorder(store, { ...options, attempt: 2 });
    await again.resumed(0, undefined);
    await again.step(row(1, 2));
    expect(await steps(store)).toEqual(['1/2']);
    expect(await steps(store, 'metrics.before_attempt_2.jsonl')).toEqual(['1/1']);
  });

  it('holds completions by step, in TRL’s columns first, written again when a step is computed again', async () => {
    const store = memoryStore();
    const recorder = runRecorder(store, options);
    const sample: CompletionSample = {
      prompt: '67>21=',
      completion: '6+7+8',
      reward: 1,
      rewards: { number: 1 },
      advantage: 0.5,
      finishReason: 'stop',
      ids: [8, 2],
    };
    await recorder.completions(12, [sample, sample]);
    await recorder.completions(12, [sample]);
    const text = await readText(store, 'completions/completions_00012.jsonl');
    expect(text).toBe('{"step":12,"prompt":"67>21=","completion":"6+7+8","number":1,"reward":1,"advantage":0.5,"finish_reason":"stop","ids":[8,2]}\n');
    await runRecorder(store, { ...options, completions: false }).completions(13, [sample]);
    expect(await store.size('completions/completions_00013.jsonl')).toBeUndefined();
  });
});

describe('metric names', () => {
  it('become verl’s and come back', () => {
    const ours = { reward: 1, entropy: 2, 'eval/heldout/mean@8': 3, 'timing_s/gen': 4 };
    expect(renamed(ours, 'entrain')).toEqual(ours);
    expect(renamed(ours, 'verl')).toEqual({ 'critic/score/mean': 1, 'actor/entropy': 2, 'val-core/heldout/reward/mean@8': 3, 'timing_s/gen': 4 });
    expect(renamed(ours, 'both')).toMatchObject({ reward: 1, 'critic/score/mean': 1 });
    expect(withOurNames(renamed(ours, 'verl'))).toEqual(ours);
  });
});

describe('several observers', () => {
  it('are told in order, and their bookmarks joined', async () => {
    const heard: string[] = [];
    const one = (name: string) => ({ ...silent, step: async () => void heard.push(name), bookmark: () => Promise.resolve({ [name]: 1 }) });
    const all = tellAll([one('a'), one('b')]);
    await all.step(row(1));
    expect(heard).toEqual(['a', 'b']);
    expect(await all.bookmark()).toEqual({ a: 1, b: 1 });
  });
});
