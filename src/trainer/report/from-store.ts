/** Makes the report of a run from what its folder holds. */

import { withOurNames } from '../metric-names.ts';
import { rowsOf } from '../metrics-file.ts';
import type { MetricsRow } from '../observer.ts';
import { metricsPath, summaryPath } from '../run-recorder.ts';
import { readText, type RunStore } from '../run-store.ts';
import { reportPage } from './report.ts';
import type { ReportSample, SampleSet } from './samples.ts';

export const reportPath = 'report.html';

/** Writes report.html into a run's folder. */
export async function writeReport(store: RunStore, name: string): Promise<void> {
  const samples = (await sampleSets(store, 'eval')) ?? (await sampleSets(store, 'completions'));
  const page = reportPage({
    name,
    rows: await rowsAt(store, metricsPath),
    evaluations: await rowsAt(store, summaryPath),
    recipe: (await readText(store, 'recipe.yaml')) ?? '',
    resolved: (await readText(store, 'config.resolved.yaml')) ?? '',
    environment: recordOf((await readText(store, 'env.json')) ?? '{}'),
    ...samples,
  });
  await store.write(reportPath, page);
}

async function rowsAt(store: RunStore, path: string): Promise<MetricsRow[]> {
  const text = await readText(store, path);
  return text === undefined ? [] : rowsOf(text, path).map((row) => ({ ...row, ...withOurNames(row) }));
}

/** The first and the last file of completions in a folder. */
async function sampleSets(store: RunStore, folder: string): Promise<{ before: SampleSet; after: SampleSet } | undefined> {
  const files = (await store.list(folder)).filter(({ name }) => /_\d+\.jsonl$/.test(name)).map(({ name }) => name);
  const [first, last] = [files[0], files.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  return { before: await samplesAt(store, `${folder}/${first}`), after: await samplesAt(store, `${folder}/${last}`) };
}

async function samplesAt(store: RunStore, path: string): Promise<SampleSet> {
  const lines = ((await readText(store, path)) ?? '').split('\n').filter((line) => line !== '');
  return { step: Number(/_(\d+)\.jsonl$/.exec(path)?.[1] ?? 0), samples: lines.flatMap(sampleOf) };
}

function sampleOf(line: string): ReportSample[] {
  try {
    const { prompt, completion, reward } = recordOf(line);
    return [{ prompt: String(prompt), completion: String(completion), reward: Number(reward) }];
  } catch {
    return []; // the torn last line of a killed run
  }
}

function recordOf(text: string): Record<string, unknown> {
  const value: unknown = JSON.parse(text);
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
