/** A setpoint edited while a run goes on: taken at the next step, kept as an event of metrics.jsonl, and repeated by a resumed run. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GpuDevice } from '../../src/gpu/gpu-device.ts';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import { rowsOf } from '../../src/trainer/metrics-file.ts';
import { writeReport } from '../../src/trainer/report/from-store.ts';
import { metricsPath } from '../../src/trainer/run-recorder.ts';
import { controlPath, eventsPath } from '../../src/trainer/setpoint-edits.ts';
import { readText, type RunStore } from '../../src/trainer/run-store.ts';
import { memoryStore } from '../../src/trainer/run-store-memory.ts';
import { openTestDevice } from '../device.ts';
import { filesOf, runTiny, timeless, tinyRecipe } from './tiny-run.ts';

let device: GpuDevice;

beforeAll(async () => {
  device = await openTestDevice();
});

afterAll(() => device.close());

const controlled = () => tinyRecipe('steps=6', 'algorithm.entropy_control={"setpoint":1.5,"start":0.02}');

/** Every line of metrics.jsonl, events included, without clocks. */
async function lines(store: RunStore): Promise<object[]> {
  const text = (await readText(store, metricsPath))!;
  return text
    .trim()
    .split('\n')
    .map((line) => timeless(JSON.parse(line)));
}

/** Runs the recipe, appends an edit after step 2, and dies after step `killAt`, if one is given. */
async function edited(killAt: number | null) {
  const store = memoryStore();
  const run = await runTiny(device, await controlled(), {
    store,
    observer: {
      async step({ step }) {
        if (step === 2) await store.append(controlPath, '{"setpoint": 3.5}\n');
        if (step === killAt) throw new Error('killed');
      },
    },
  });
  return { store, run };
}

describe('an edit', () => {
  it('acts from the step it is found at, and stands in metrics.jsonl before the row of that step', async () => {
    const { store, run } = await edited(null);
    expect(run.error).toBeUndefined();
    expect(run.rows.map((row) => row['entropy_control/setpoint'])).toEqual([1.5, 1.5, 3.5, 3.5, 3.5, 3.5]);
    const written = await lines(store);
    expect(written.map((line) => ('event' in line ? 'event' : 'step'))).toEqual(['step', 'step', 'event', 'step', 'step', 'step', 'step']);
    expect(written[2]).toEqual({ step: 3, event: 'setpoint', setpoint: 3.5, from_step: 3, line: 1 });
    // Those who read rows see steps alone.
    expect(rowsOf((await readText(store, metricsPath))!, metricsPath).map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
    await writeReport(store, 'edited');
    expect((await readText(store, 'report.html'))!).not.toContain('NaN');
  });

  // Checkpoints are of steps 2, 4 and 6: the edit of step 3 comes after the one that is gone on from, or before it.
  it.each([3, 5])('edit, kill in step %i, resume: the run is the uninterrupted one, bit for bit', async (killAt) => {
    const whole = await edited(null);
    const { store, run } = await edited(killAt);
    expect(run.error).toBeDefined();
    const resumed = await runTiny(device, await controlled(), { store, attempt: 2 });
    expect(resumed.error).toBeUndefined();
    expect(await lines(store)).toEqual(await lines(whole.store));
    for (const file of ['model.safetensors', 'optimizer.safetensors']) {
      expect((await filesOf(store, 'checkpoints/step_6')).get(file)).toEqual((await filesOf(whole.store, 'checkpoints/step_6')).get(file));
    }
    expect((await readText(store, eventsPath))!.trim().split('\n')).toHaveLength(1);
    // The edit changed the run: without it the weights are others.
    const left = await runTiny(device, await controlled());
    expect((await filesOf(left.store, 'checkpoints/step_6')).get('model.safetensors')).not.toEqual(
      (await filesOf(store, 'checkpoints/step_6')).get('model.safetensors'),
    );
  });

  it('waits for its from_step, and a line that is none is told and left out', async () => {
    const store = memoryStore();
    await store.append(controlPath, '{"setpoint": -1}\n{"setpoint": [[0, 1]], "from_step": 4}\n{"setpo');
    const { rows, warnings } = await runTiny(new ReferenceDevice(), await controlled(), { store });
    expect(rows.map((row) => row['entropy_control/setpoint'])).toEqual([1.5, 1.5, 1.5, 1, 1, 1]);
    expect(warnings.filter((text) => text.includes('control.jsonl:1'))).toHaveLength(1);
    expect((await lines(store))[0]).toMatchObject({ step: 1, event: 'setpoint', from_step: 4, line: 2 });
  });
});
