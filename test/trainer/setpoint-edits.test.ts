/** A setpoint edited while a run goes on: taken at the next step, kept as an event, and repeated by a resumed run. */

import { describe, expect, it } from 'vitest';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import { controlPath, eventsPath } from '../../src/trainer/setpoint-edits.ts';
import { readText } from '../../src/trainer/run-store.ts';
import { memoryStore } from '../../src/trainer/run-store-memory.ts';
import { runTiny, tinyRecipe } from './tiny-run.ts';

const controlled = () => tinyRecipe('steps=6', 'algorithm.entropy_control={"setpoint":1.5}');

describe('an edit', () => {
  it('acts from the step it is found at, and a run resumed before it repeats the run', async () => {
    const recipe = await controlled();
    const store = memoryStore();
    const whole = await runTiny(new ReferenceDevice(), recipe, {
      store,
      observer: { step: ({ step }) => (step === 2 ? store.append(controlPath, '{"setpoint": 0.2}\n') : undefined) },
    });
    expect(whole.error).toBeUndefined();
    expect(whole.rows.map((row) => row['entropy_control/setpoint'])).toEqual([1.5, 1.5, 0.2, 0.2, 0.2, 0.2]);
    expect(JSON.parse((await readText(store, eventsPath))!)).toMatchObject({ step: 3, event: 'setpoint', setpoint: 0.2, from_step: 3 });

    // The same run killed in step 5, its last checkpoint that of step 2: the edit came after it.
    const again = memoryStore();
    const killed = await runTiny(new ReferenceDevice(), recipe, {
      store: again,
      observer: {
        async step({ step }) {
          if (step === 2) await again.append(controlPath, '{"setpoint": 0.2}\n');
          if (step === 3) throw new Error('killed');
        },
      },
    });
    expect(killed.error).toBeDefined();
    const resumed = await runTiny(new ReferenceDevice(), recipe, { store: again, attempt: 2 });
    expect(resumed.rows.map(({ step }) => step)).toEqual([3, 4, 5, 6]);
    // Checkpoints hold f32 and the reference device computes in float64: equal to rounding, and the setpoint exactly.
    expect(resumed.rows.map((row) => row['entropy_control/setpoint'])).toEqual([0.2, 0.2, 0.2, 0.2]);
    resumed.rows.forEach((row, i) => {
      for (const name of ['entropy', 'entropy_control/actuator', 'loss']) expect(row[name]).toBeCloseTo(Number(whole.rows[i + 2]![name]), 5);
    });
    expect((await readText(again, eventsPath))!.trim().split('\n')).toHaveLength(1);
  });

  it('waits for its from_step, and a line that is none is told and left out', async () => {
    const store = memoryStore();
    await store.append(controlPath, '{"setpoint": -1}\n{"setpoint": [[0, 1]], "from_step": 4}\n{"setpo');
    const { rows, warnings } = await runTiny(new ReferenceDevice(), await controlled(), { store });
    expect(rows.map((row) => row['entropy_control/setpoint'])).toEqual([1.5, 1.5, 1.5, 1, 1, 1]);
    expect(warnings.filter((text) => text.includes('control.jsonl:1'))).toHaveLength(1);
  });
});
