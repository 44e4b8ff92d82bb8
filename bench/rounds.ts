/** Fair timing: contestants take turns, round after round, so that what else the machine does falls on all of them alike. */

import { untilQuiet } from './quiet.ts';

export interface Contestant {
  readonly name: string;
  /** Does the work this many times and resolves when it is done. */
  readonly run: (times: number) => Promise<void>;
}

export interface Result {
  readonly name: string;
  /** The very first run, pipelines compiled. */
  readonly firstMs: number;
  /** Per run. */
  readonly bestMs: number;
  readonly medianMs: number;
}

/** Long enough for a sample that waiting for the device is a small part of it. */
const SAMPLE_MS = 60;
/** How long a round waits for a quiet moment. */
const PATIENCE_MS = 1500;

/** Times every contestant in each round, in turn; a sample is as many runs as take about 60 ms. */
export async function takeTurns(contestants: readonly Contestant[], rounds: number): Promise<readonly Result[]> {
  const entries = [];
  for (const contestant of contestants) {
    const firstMs = await millisecondsOf(contestant, 1);
    const onceMs = Math.min(await millisecondsOf(contestant, 1), await millisecondsOf(contestant, 1));
    const times = Math.min(200, Math.max(1, Math.round(SAMPLE_MS / onceMs)));
    entries.push({ contestant, firstMs, times, samples: [] as number[] });
  }
  for (let round = 0; round < rounds; round++) {
    await untilQuiet(PATIENCE_MS);
    for (const { contestant, times, samples } of entries) samples.push((await millisecondsOf(contestant, times)) / times);
  }
  return entries.map(({ contestant: { name }, firstMs, samples }) => {
    const sorted = samples.toSorted((a, b) => a - b);
    return { name, firstMs, bestMs: sorted[0]!, medianMs: sorted[Math.floor(rounds / 2)]! };
  });
}

async function millisecondsOf({ run }: Contestant, times: number): Promise<number> {
  const start = performance.now();
  await run(times);
  return performance.now() - start;
}
