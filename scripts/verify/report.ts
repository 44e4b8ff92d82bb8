/** Prints what was compared, how it came out, and what was left out. */

import type { Device } from '../../src/gpu/device.ts';
import type { CaseReport } from './algorithms.ts';
import type { Outcome, Precision } from './compare.ts';
import type { FixtureFile } from './fixture.ts';

interface Row {
  compared: number;
  misses: number;
  worst: Outcome & { readonly id: string };
}

/** @returns whether every case was covered and within tolerance, and there was one */
export function printReport(file: FixtureFile, reports: readonly CaseReport[], device: Device, precision: Precision, print: (line: string) => void): boolean {
  const rows = rowsOf(reports);
  const missed = reports.filter(({ outcomes }) => outcomes.some(isMiss));
  const uncovered = reports.filter((report) => report.uncovered.length > 0);
  const aside = reports.filter(({ setAside }) => setAside !== undefined);
  const covered = reports.length - uncovered.length - aside.length;
  const { abs, rel } = file.tolerance[precision];
  const values = [...rows.values()].reduce((sum, { compared }) => sum + compared, 0);
  print(
    `${file.name}: ${reports.length} cases, ${covered} covered, ${missed.length} missed, ${uncovered.length} not covered, ${aside.length} set aside; ${values} values compared`,
  );
  print(
    `  on ${device.name}, ${precision}: |got − expected| ≤ ${abs} + ${rel} · |expected|${precision === 'float32' ? ', or 4 times the source’s own float32 deviation' : ''}`,
  );
  for (const [quantity, { compared, misses, worst }] of rows) {
    const place = worst.worst > 0 ? `  at ${worst.id} ${worst.where}` : '';
    const share = Number.isFinite(worst.worst) ? `${(worst.worst * 100).toPrecision(3)} %` : 'far beyond';
    print(
      `  ${misses > 0 ? 'MISS' : 'ok  '} ${quantity.padEnd(26)} ${String(compared).padStart(7)} values  worst ${worst.error.toExponential(2)} = ${share} of the allowed${place}`,
    );
  }
  for (const { one, outcomes } of missed) {
    for (const { quantity, where } of outcomes.filter(isMiss)) print(`  missed: ${one.id}: ${quantity}${where}`);
  }
  for (const { one, uncovered: reasons } of uncovered) print(`  not covered: ${one.id}: ${reasons.join('; ')}`);
  for (const [reason, count] of countBy(aside.map(({ setAside }) => setAside!)))
    print(`  set aside: ${count} cases (${reason}), which the reference device checks`);
  return reports.length > 0 && missed.length === 0 && uncovered.length === 0;
}

/** Informative quantities stand in parentheses and never miss. */
function isMiss({ quantity, worst }: Outcome): boolean {
  return !(worst <= 1) && !quantity.startsWith('(');
}

function rowsOf(reports: readonly CaseReport[]): Map<string, Row> {
  const rows = new Map<string, Row>();
  for (const { one, outcomes } of reports) {
    for (const outcome of outcomes) {
      const worst = { ...outcome, id: one.id };
      const row = rows.get(outcome.quantity) ?? { compared: 0, misses: 0, worst };
      rows.set(outcome.quantity, row);
      row.compared += outcome.compared;
      if (isMiss(outcome)) row.misses++;
      if (outcome.worst > row.worst.worst) row.worst = worst;
    }
  }
  return rows;
}

function countBy(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}
