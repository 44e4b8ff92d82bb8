/**
 * Edits of the setpoint while a run goes on: lines appended to control.jsonl in the run folder, such as {"setpoint": 0.6} or
 * {"setpoint": [[50, 0.7], [100, 0.5]], "from_step": 60}.
 *
 * A line that is taken becomes an event in events.jsonl with the step it holds from; a resumed run reads the events back and so repeats
 * the run as it was. A line holds from its `from_step`, or from the step at which it was found, whichever is later.
 */

import { z } from 'zod';
import type { SetpointEdit } from '../algorithms/setpoint-edit.ts';
import { lineOf } from './metrics-file.ts';
import type { RunObserver } from './observer.ts';
import { readText, type RunStore } from './run-store.ts';

export const controlPath = 'control.jsonl';
export const eventsPath = 'events.jsonl';

const nats = z.number().min(0);
const step = z.int().min(0);
const setpoint = z.union([nats, z.array(z.tuple([step, nats])).min(1)]);
const controlLine = z.strictObject({ setpoint, from_step: step.optional() });
const eventLine = z.object({ event: z.literal('setpoint'), setpoint, from_step: step, line: step });

export interface SetpointEdits {
  /** Takes what is new in control.jsonl; call it before each step. */
  take(step: number): Promise<void>;
}

/** Follows control.jsonl of a store, beginning with the events that the store has already. */
export async function setpointEdits(
  store: RunStore,
  apply: (edits: readonly SetpointEdit[]) => void,
  observer: Pick<RunObserver, 'note' | 'warning'>,
): Promise<SetpointEdits> {
  const known = ((await readText(store, eventsPath)) ?? '').split('\n').flatMap((line) => {
    const event = eventLine.safeParse(parsed(line));
    return event.success ? [event.data] : [];
  });
  const edits: SetpointEdit[] = known.map(({ setpoint: wanted, from_step: fromStep }) => ({ setpoint: wanted, fromStep }));
  let seen = known.reduce((most, { line }) => Math.max(most, line), 0);
  let bytes = -1;
  apply(edits);

  return {
    async take(now) {
      const size = await store.size(controlPath);
      if (size === undefined || size === bytes) return;
      bytes = size;
      const lines = ((await readText(store, controlPath)) ?? '').split('\n');
      for (let line = seen + 1; line <= lines.length; line++) {
        const text = lines[line - 1]!;
        const isBeingWritten = line === lines.length && parsed(text) === undefined;
        if (isBeingWritten) break;
        seen = line;
        if (text.trim() === '') continue;
        const read = controlLine.safeParse(parsed(text));
        if (!read.success) {
          await observer.warning(
            `${controlPath}:${line}: expected {"setpoint": number or [[step, value], …], "from_step": step}, got ${text.slice(0, 60)}. The line is left out; append another.`,
          );
          continue;
        }
        const fromStep = Math.max(now, read.data.from_step ?? now);
        // Durable before it acts: a run that is killed now must repeat it.
        await store.append(eventsPath, lineOf({ step: now, event: 'setpoint', setpoint: read.data.setpoint, from_step: fromStep, line }));
        await store.sync(eventsPath);
        edits.push({ setpoint: read.data.setpoint, fromStep });
        await observer.note(`step ${now}: setpoint ${JSON.stringify(read.data.setpoint)} from step ${fromStep} on`);
        apply([...edits]);
      }
    },
  };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
