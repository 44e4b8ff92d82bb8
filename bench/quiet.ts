/** Waits for the machine's other work to pause, so that a sample is not timed while something else has its cores. */

import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_MS = 50;
const QUIET_SHARE = 0.9;

/** Resolves once the processors were idle for a moment, or after `limitMs` all the same. */
export async function untilQuiet(limitMs: number): Promise<void> {
  const deadline = performance.now() + limitMs;
  do {
    const before = processorTimes();
    await sleep(LOOK_MS);
    const after = processorTimes();
    if (after.idle - before.idle >= QUIET_SHARE * (after.all - before.all)) return;
  } while (performance.now() < deadline);
}

function processorTimes(): { readonly idle: number; readonly all: number } {
  let [idle, all] = [0, 0];
  for (const { times } of cpus()) {
    idle += times.idle;
    all += times.user + times.nice + times.sys + times.idle + times.irq;
  }
  return { idle, all };
}
