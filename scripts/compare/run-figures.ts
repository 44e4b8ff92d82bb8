/** Figures of a finished run, read from its folder. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface MetricRow {
  readonly step: number;
  readonly [metric: string]: unknown;
}

/** The columns of the table, and the metric each is read from. */
export const FIGURES = {
  'mean@1': 'eval/heldout/mean@1',
  'pass@8': 'eval/heldout/pass@8',
  'distinct@8': 'eval/heldout/distinct@8',
  H: 'eval/heldout/entropy',
} as const;

export type Figure = keyof typeof FIGURES;
export const FIGURE_NAMES = Object.keys(FIGURES) as Figure[];

export function metricRows(folder: string): MetricRow[] {
  const file = join(folder, 'metrics.jsonl');
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as MetricRow)
    .filter((row) => !('event' in row));
}

/** Means of the evaluations from step `from` to step `to`, both included; NaN where none was made. */
export function figuresBetween(rows: readonly MetricRow[], from: number, to: number): Record<Figure, number> {
  const evaluated = rows.filter(({ step, [FIGURES.H]: entropy }) => step >= from && step <= to && typeof entropy === 'number');
  const meanOf = (metric: string) => evaluated.reduce((sum, row) => sum + Number(row[metric]), 0) / evaluated.length;
  return Object.fromEntries(FIGURE_NAMES.map((name) => [name, meanOf(FIGURES[name])])) as Record<Figure, number>;
}

/** |a − b| / |b| over all weights of two runs of the same policy, each at its last checkpoint. */
export function weightDistance(folder: string, base: string, step: number): number {
  const [a, b] = [finalWeights(folder, step), finalWeights(base, step)];
  let [difference, size] = [0, 0];
  for (const [i, value] of b.entries()) {
    difference += (a[i]! - value) ** 2;
    size += value ** 2;
  }
  return Math.sqrt(difference / size);
}

/** The weights of a checkpoint as they lie in its file: f32 after the header, whose length the first 8 bytes hold. */
function finalWeights(folder: string, step: number): Float32Array {
  const bytes = readFileSync(join(folder, 'checkpoints', `step_${step}`, 'model.safetensors'));
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + bytes.length));
}
