/** What a chart draws: a metric over steps, a line to a side, a band where there are several seeds. */

import type { Track } from '../../data/frame.ts';
import { metricAt } from '../state/shown.ts';

export interface ChartLine {
  readonly metric: string;
  /** For people: `held-out mean@1`. */
  readonly name: string;
  readonly style: 'line' | 'faint' | 'marked' | 'dotted';
}

/** One side's values of one metric, aligned with `steps`; null where nothing was measured. */
export interface SideSeries {
  readonly side: string;
  readonly label: string;
  readonly line: ChartLine;
  readonly mean: readonly (number | null)[];
  /** Least and largest over seeds; absent for one seed. */
  readonly range?: { readonly low: readonly (number | null)[]; readonly high: readonly (number | null)[] };
}

export interface ChartData {
  readonly steps: readonly number[];
  readonly series: readonly SideSeries[];
}

/** Lines up every track's values on the steps that any of them has. */
export function chartData(tracks: readonly Track[], lines: readonly ChartLine[]): ChartData {
  const steps = [...new Set(tracks.flatMap(({ frames }) => frames.map(({ step }) => step)))].sort((a, b) => a - b);
  const place = new Map(steps.map((step, i) => [step, i]));
  const sides = [...new Set(tracks.map(({ info }) => info.side))];
  const series = sides.flatMap((side) => {
    const own = tracks.filter(({ info }) => info.side === side);
    return lines.map((line) => sideSeries(own, line, place, steps.length));
  });
  return { steps, series: series.filter(({ mean }) => mean.some((value) => value !== null)) };
}

function sideSeries(tracks: readonly Track[], line: ChartLine, place: ReadonlyMap<number, number>, length: number): SideSeries {
  const values: number[][] = Array.from({ length }, () => []);
  for (const { frames } of tracks) {
    for (const { step, metrics } of frames) {
      const value = metrics[line.metric];
      if (value !== undefined && Number.isFinite(value)) values[place.get(step)!]!.push(value);
    }
  }
  const mean = values.map((seeds) => (seeds.length === 0 ? null : seeds.reduce((a, b) => a + b, 0) / seeds.length));
  const { side, label } = tracks[0]!.info;
  if (tracks.length < 2) return { side, label, line, mean };
  const extreme = (pick: (...values: number[]) => number) => values.map((seeds) => (seeds.length === 0 ? null : pick(...seeds)));
  return { side, label, line, mean, range: { low: extreme(Math.min), high: extreme(Math.max) } };
}

/** `A 0.42, B 0.58`: where each side stands at a step, means over its seeds. */
export function standingAt(tracks: readonly Track[], metric: string, step: number, format: (value: number | undefined) => string): string {
  const sides = [...new Set(tracks.map(({ info }) => info.side))];
  return sides
    .map((side) => {
      const values = tracks.filter(({ info }) => info.side === side).flatMap((track) => metricAt(track, metric, step) ?? []);
      const mean = values.length === 0 ? undefined : values.reduce((a, b) => a + b, 0) / values.length;
      return `${side} ${format(mean)}`;
    })
    .join(' · ');
}
