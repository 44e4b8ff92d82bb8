/** Writes what a run tells into its folder: metrics.jsonl, eval/, completions/. */

import { cutBack, lineOf } from './metrics-file.ts';
import { type MetricSchema, renamed } from './metric-names.ts';
import { type CompletionSample, type Metrics, type RunObserver, silent } from './observer.ts';
import type { RunStore } from './run-store.ts';

export const metricsPath = 'metrics.jsonl';
export const summaryPath = 'eval/summary.jsonl';

/** What is recorded of a run, and under whose names. */
export interface RecorderOptions {
  readonly attempt: number;
  readonly schema: MetricSchema;
  readonly completions: boolean;
}

/** An observer that writes into a store. Rows survive a killed process at once, and a power cut from the next checkpoint on. */
export function runRecorder(store: RunStore, { attempt, schema, completions }: RecorderOptions): RunObserver {
  const appended = [metricsPath, summaryPath];

  return {
    ...silent,
    async resumed(step, bookmark) {
      const isResumed = step > 0 || bookmark !== undefined;
      for (const path of appended) await (isResumed ? cutBack(store, path, step, bookmark?.[path]) : setAside(store, path, attempt));
    },
    step: (row) => store.append(metricsPath, lineOf({ step: row.step, attempt: row.attempt, time: row.time, ...renamed(row, schema) })),
    event: (row) => store.append(metricsPath, lineOf(row)),
    async evaluated(step, metrics, samples) {
      if (samples)
        await replace(
          store,
          numbered('eval/eval', step),
          samples.map((sample) => sampleLine(step, sample)),
        );
      await store.append(summaryPath, lineOf({ step, attempt, time: new Date().toISOString(), ...renamed(metrics, schema) }));
    },
    async completions(step, samples) {
      if (completions)
        await replace(
          store,
          numbered('completions/completions', step),
          samples.map((sample) => sampleLine(step, sample)),
        );
    },
    async bookmark() {
      const sizes: [string, number][] = [];
      for (const path of appended) {
        const size = await store.size(path);
        if (size !== undefined) await store.sync(path);
        sizes.push([path, size ?? 0]);
      }
      return Object.fromEntries(sizes);
    },
  };
}

/** The path of a step's file: `completions/completions_00012.jsonl`. */
export function numbered(stem: string, step: number): string {
  return `${stem}_${String(step).padStart(5, '0')}.jsonl`;
}

/** A run that starts over in a folder without a checkpoint keeps the rows of the attempt before under another name. */
async function setAside(store: RunStore, path: string, attempt: number): Promise<void> {
  if ((await store.size(path)) === undefined) return;
  const free = path.replace(/\.jsonl$/, `.before_attempt_${attempt}.jsonl`);
  await store.remove(free);
  await store.rename(path, free);
}

/** A step that is computed again writes its file again. */
async function replace(store: RunStore, path: string, lines: readonly string[]): Promise<void> {
  await store.remove(path);
  await store.append(path, lines.join(''));
}

/** TRL's columns first, then ours. */
function sampleLine(step: number, { prompt, completion, rewards, reward, advantage, finishReason, ids, logProbs, weightVersion }: CompletionSample): string {
  const columns: Metrics = { ...rewards, reward, advantage: advantage ?? null, finish_reason: finishReason };
  return lineOf({ step, prompt, completion, ...columns, ids, logprobs: logProbs, weight_version: weightVersion });
}
