/** Whether two run folders hold the same run, but for the clock. */

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const CLOCK = /^(time|attempt|timing_s\/.*|perf\/.*)$/;

/** One sentence for each difference; none where the folders hold the same run. */
export async function differences(expected: string, got: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const file of ['metrics.jsonl', 'eval/summary.jsonl']) found.push(...(await rowDifferences(expected, got, file)));
  const latest = (await readFile(join(expected, 'checkpoints/latest'), 'utf8')).trim();
  for (const folder of ['completions', 'eval', `checkpoints/${latest}`]) found.push(...(await byteDifferences(expected, got, folder)));
  return found;
}

async function rowDifferences(expected: string, got: string, file: string): Promise<string[]> {
  const [left, right] = [await rowsOf(join(expected, file)), await rowsOf(join(got, file))];
  if (left.length !== right.length) return [`${file}: expected ${left.length} rows, got ${right.length}`];
  return left.flatMap((row, i) =>
    [...new Set([...row.keys(), ...right[i]!.keys()])].flatMap((name) => {
      const [a, b] = [JSON.stringify(row.get(name)), JSON.stringify(right[i]!.get(name))];
      return a === b ? [] : [`${file}: row ${i + 1}, ${name}: expected ${a}, got ${b}`];
    }),
  );
}

async function rowsOf(path: string): Promise<readonly ReadonlyMap<string, unknown>[]> {
  const lines = (await readFile(path, 'utf8')).trimEnd().split('\n');
  return lines.map((line) => new Map(Object.entries(JSON.parse(line) as Record<string, unknown>).filter(([name]) => !CLOCK.test(name))));
}

/** state.json and the manifest that hashes it hold lengths of files with clocks in them. */
async function byteDifferences(expected: string, got: string, folder: string): Promise<string[]> {
  const timed = new Set(['state.json', 'manifest.json', 'summary.jsonl']);
  const [left, right] = [await filesOf(join(expected, folder)), await filesOf(join(got, folder))];
  if (left.join() !== right.join()) return [`${folder}: expected the files ${left.join(', ')}, got ${right.join(', ')}`];
  const found: string[] = [];
  for (const name of left.filter((file) => !timed.has(file))) {
    const [a, b] = [await readFile(join(expected, folder, name)), await readFile(join(got, folder, name))];
    if (!a.equals(b)) found.push(`${folder}/${name}: expected the same bytes, got others`);
  }
  return found;
}

/** Without the rows that an attempt which reached no checkpoint left aside. */
async function filesOf(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => []);
  return names.filter((name) => !name.includes('.before_attempt_')).toSorted((a, b) => (a < b ? -1 : 1));
}
