/** Where in a batch the variants differ most: what the lens shows first. */

import type { TokenBatch } from '../data/frame.ts';
import type { LensReading } from './reading.ts';

/** The group, and in it the row, on which variants disagree most: the summed distance of their weights from GRPO's, in GRPO's mean size. */
export function mostTelling({ rows }: TokenBatch, { rows: variants }: LensReading): { readonly group: number; readonly row: number } {
  const [base, ...others] = variants;
  const size = base ? base.weight.reduce((sum, weight) => sum + Math.abs(weight), 0) / Math.max(1, base.weight.length) : 1;
  const distances = rows.map(({ start, ids }) => (base ? distanceAt(base.weight, others, size, start, start + ids.length) : 0));
  const groups = [...new Set(rows.map(({ group }) => group))];
  const sumOf = (group: number): number => rows.reduce((sum, row, at) => (row.group === group ? sum + distances[at]! : sum), 0);
  const group = groups.reduce((most, each) => (sumOf(each) > sumOf(most) ? each : most), groups[0] ?? 0);
  const row = rows.reduce((most, each, at) => (each.group === group && (most < 0 || distances[at]! > distances[most]!) ? at : most), -1);
  return { group: Math.max(0, groups.indexOf(group)), row };
}

function distanceAt(base: Float32Array, others: LensReading['rows'], size: number, from: number, to: number): number {
  let sum = 0;
  for (const { weight } of others) {
    for (let at = from; at < to; at++) sum += Math.min(2, Math.abs(weight[at]! - base[at]!) / (size + 1e-3)); // one outlier is not a row
  }
  return sum / Math.max(1, to - from);
}
