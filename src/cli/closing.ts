/** What a run came to: held-out measures before, at their peak and after, completions of one prompt then and now, and what to try next. */

import { rowsOf } from '../trainer/metrics-file.ts';
import type { MetricsRow } from '../trainer/observer.ts';
import { numbered, summaryPath } from '../trainer/run-recorder.ts';
import { readText, type RunStore } from '../trainer/run-store.ts';
import { columns, number } from './format.ts';

/** Distinct completions shown of each time. */
const SHOWN = 8;

/** Lines to print after a run; none where nothing was evaluated twice. */
export async function closingLines(store: RunStore, next: readonly string[]): Promise<string[]> {
  const rows = rowsOf((await readText(store, summaryPath)) ?? '', summaryPath);
  const [first, last] = [rows[0], rows.at(-1)];
  if (!first || !last || first.step === last.step) return [];
  return [
    '',
    ...measureTable(rows, first, last),
    '',
    ...(await completionsThenAndNow(store, first.step, last.step)),
    'next:',
    ...next.map((command) => `  ${command}`),
  ];
}

function measureTable(rows: readonly MetricsRow[], first: MetricsRow, last: MetricsRow): string[] {
  const names = Object.keys(last).filter((key) => key.startsWith('eval/') && typeof last[key] === 'number');
  const body = names.map((name) => {
    const peak = rows.reduce((best, row) => (Number(row[name]) > Number(best[name]) ? row : best), first);
    return [name, number(first[name]), `${number(peak[name])} (${peak.step})`, number(last[name])];
  });
  return columns([['', `step ${first.step}`, 'peak (step)', `step ${last.step}`], ...body], { right: [1, 2, 3] });
}

/** One prompt's completions at the first and the last evaluation, each distinct one with its count; right ones are marked. */
async function completionsThenAndNow(store: RunStore, before: number, after: number): Promise<string[]> {
  const [then, now] = [await samplesOf(store, before), await samplesOf(store, after)];
  const prompt = now[0]?.prompt;
  if (prompt === undefined) return [];
  const told = (samples: readonly EvalSample[], when: string) => {
    const counts = new Map<string, number>();
    for (const { completion, reward } of samples.filter((sample) => sample.prompt === prompt)) {
      const text = `${completion}${reward > 0 ? ' ✓' : ''}`;
      counts.set(text, (counts.get(text) ?? 0) + 1);
    }
    const shown = [...counts].sort((a, b) => b[1] - a[1]).slice(0, SHOWN);
    return `  ${when}  ${shown.map(([text, count]) => (count > 1 ? `${text} ×${count}` : text)).join('   ')}${counts.size > SHOWN ? `   … ${counts.size - SHOWN} more` : ''}`;
  };
  return [`completions of ${prompt}`, told(then, `step ${before}`.padEnd(9)), told(now, `step ${after}`.padEnd(9)), ''];
}

interface EvalSample {
  readonly prompt: string;
  readonly completion: string;
  readonly reward: number;
}

async function samplesOf(store: RunStore, step: number): Promise<EvalSample[]> {
  const text = (await readText(store, numbered('eval/eval', step))) ?? '';
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as EvalSample);
}
