/**
 * Edits of the setpoint while a run goes on: lines appended to control.jsonl in the run folder, such as {"setpoint": 0.6} or
 * {"setpoint": [[50, 0.7], [100, 0.5]], "from_step": 60}.
 *
 * A line that is taken becomes an event: a row of metrics.jsonl before the row of the step that found it, and the same line in events.jsonl,
 * which no resumption cuts back. A resumed run repeats the run as it was: it reads events.jsonl, holds every edit from its own step on, and
 * writes the events of the steps it computes again where they stood. A line holds from its `from_step`, or from the step at which it was
 * found, whichever is later.
 */

import { z } from 'zod';
import type { SetpointEdit } from '../algorithms/setpoint-edit.ts';
import { lineOf } from './metrics-file.ts';
import type { EventRow, RunObserver } from './observer.ts';
import { readText, type RunStore } from './run-store.ts';

export const controlPath = 'control.jsonl';
export const eventsPath = 'events.jsonl';

const nats = z.number().min(0);
const step = z.int().min(0);
const setpoint = z.union([nats, z.array(z.tuple([step, nats])).min(1)]);
const controlLine = z.strictObject({ setpoint, from_step: step.optional() });
const eventLine = z.object({ step, attempt: step, time: z.string(), event: z.literal('setpoint'), setpoint, from_step: step, line: step });

/** An edit as its row says it. */
type EditRow = EventRow & z.output<typeof eventLine>;

export interface SetpointEdits {
  /** Takes what is new in control.jsonl; call it before each step. */
  take(step: number): Promise<void>;
}

/** Who asks for edits: the run that is about to take steps. */
export interface EditedRun {
  readonly attempt: number;
  readonly apply: (edits: readonly SetpointEdit[]) => void;
  readonly observer: Pick<RunObserver, 'event' | 'note' | 'warning'>;
}

/** Follows control.jsonl of a store, beginning with the events that the store has already. */
export async function setpointEdits(store: RunStore, { attempt, apply, observer }: EditedRun): Promise<SetpointEdits> {
  const known = ((await readText(store, eventsPath)) ?? '').split('\n').flatMap((line): EditRow[] => {
    const event = eventLine.safeParse(parsed(line));
    return event.success ? [event.data] : [];
  });
  const edits = known.map(editOf);
  let seen = known.reduce((most, { line }) => Math.max(most, line), 0);
  let bytes = -1;
  apply(edits);

  async function add(row: EditRow): Promise<void> {
    // Durable before it acts: a run that is killed now must repeat it.
    await store.append(eventsPath, lineOf(row));
    await store.sync(eventsPath);
    edits.push(editOf(row));
    await observer.event(row);
    await observer.note(`step ${row.step}: setpoint ${JSON.stringify(row.setpoint)} from step ${row.from_step} on`);
    apply([...edits]);
  }

  return {
    async take(now) {
      for (const row of known) if (row.step === now) await observer.event(row);
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
        const { setpoint: wanted, from_step: fromStep = now } = read.data;
        await add({ step: now, attempt, time: new Date().toISOString(), event: 'setpoint', setpoint: wanted, from_step: Math.max(now, fromStep), line });
      }
    },
  };
}

function editOf({ setpoint: wanted, from_step: fromStep }: EditRow): SetpointEdit {
  return { setpoint: wanted, fromStep };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
