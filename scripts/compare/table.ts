/** The comparison as a Markdown table: mean over seeds ± standard deviation (n − 1). */

import { actedShare, VARIANTS } from './variants.ts';
import { FIGURE_NAMES, figuresBetween, type MetricRow } from './run-figures.ts';

export interface ComparedRun {
  readonly rows: readonly MetricRow[];
  /** Distance of its final weights from those of GRPO of the same seed, as a share of their size; null for GRPO itself. */
  readonly distance: number | null;
}

/** @param steps Last step of the runs; "late" is the mean of the evaluations in their last quarter. */
export function comparisonTable(runs: ReadonlyMap<string, readonly ComparedRun[]>, steps: number): string {
  const late = Math.round(steps * 0.75);
  const head = ['', ...FIGURE_NAMES.map((name) => `step 0: ${name}`), ...FIGURE_NAMES.map((name) => `${late}–${steps}: ${name}`), 'acted', 'weights', 'seeds'];
  const lines = [...runs].map(([variant, each]) => [variant, ...cells(variant, each, late, steps), String(each.length)]);
  return [head, head.map(() => '---'), ...lines].map((line) => `| ${line.join(' | ')} |`).join('\n');
}

function cells(variant: string, runs: readonly ComparedRun[], late: number, steps: number): string[] {
  const figures = [
    [0, 0],
    [late, steps],
  ].flatMap(([from, to]) => FIGURE_NAMES.map((name) => spread(runs.map(({ rows }) => figuresBetween(rows, from!, to!)[name]))));
  const shares = runs.map(({ rows }) => actedShare(VARIANTS[variant]!, rows)).filter((share) => share !== null);
  const distances = runs.map(({ distance }) => distance).filter((distance) => distance !== null);
  return [
    ...figures,
    shares.length > 0 ? `${(Math.min(...shares) * 100).toFixed(0)} %` : '',
    distances.length > 0 ? Math.min(...distances).toPrecision(2) : '',
  ];
}

function spread(values: readonly number[]): string {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
  return values.length > 1 ? `${mean.toFixed(3)} ± ${deviation.toFixed(3)}` : mean.toFixed(3);
}
