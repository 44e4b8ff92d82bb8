/** A chart's plane over steps: scales, ticks and the shapes of lines. Pure; all lengths in CSS pixels. */

import type { ChartData, SideSeries } from './series.ts';

export const PLOT_HEIGHT = 148;

const MARGIN = { left: 38, right: 14, top: 6, bottom: 22 } as const;
/** Least room between two ticks. */
const TICK_SPACE = { x: 60, y: 32 } as const;
const MARK_RADIUS = 2.5;

export interface PlotBox {
  readonly width: number;
  readonly height: number;
  /** Last step that has room on the axis. */
  readonly steps: number;
  readonly low: number;
  readonly high: number;
}

/** The plane on which all of a chart lies. @param atLeast value the axis reaches in any case, as it reaches 0 */
export function plotBox({ series }: ChartData, size: Pick<PlotBox, 'width' | 'height' | 'steps'>, atLeast: number): PlotBox {
  let [low, high] = [0, atLeast];
  for (const { mean, range } of series) {
    for (const value of [...mean, ...(range ? [...range.low, ...range.high] : [])]) {
      if (value === null) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  return { ...size, steps: Math.max(1, size.steps), low, high: high * 1.02 };
}

export function xAt(step: number, { width, steps }: PlotBox): number {
  return MARGIN.left + (step / steps) * (width - MARGIN.left - MARGIN.right);
}

export function yAt(value: number, { height, low, high }: PlotBox): number {
  return MARGIN.top + ((high - value) / (high - low)) * (height - MARGIN.top - MARGIN.bottom);
}

/** The step of the data that is nearest to a place; null where there is none. */
export function stepAt(x: number, { steps }: ChartData, box: PlotBox): number | null {
  let nearest: number | null = null;
  for (const step of steps) if (nearest === null || Math.abs(xAt(step, box) - x) < Math.abs(xAt(nearest, box) - x)) nearest = step;
  return nearest;
}

export function stepTicks(box: PlotBox): number[] {
  return ticksBetween(0, box.steps, (box.steps * TICK_SPACE.x) / (xAt(box.steps, box) - xAt(0, box)), 1);
}

export function valueTicks(box: PlotBox): number[] {
  return ticksBetween(box.low, box.high, ((box.high - box.low) * TICK_SPACE.y) / (yAt(box.low, box) - yAt(box.high, box)), 0);
}

/** Round numbers, as close as `least` allows; they are multiples of `whole` if that is not 0. */
function ticksBetween(low: number, high: number, least: number, whole: number): number[] {
  const power = 10 ** Math.floor(Math.log10(least));
  const rounds = [1, 2, 2.5, 5, 10].map((times) => times * power);
  const every = rounds.find((round) => round >= least && (whole === 0 || round % whole === 0)) ?? Math.max(whole, 10 * power);
  const [first, last] = [Math.ceil(low / every), Math.floor(high / every)];
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * every);
}

/** From value to value; what was not measured is passed over. */
export function linePath(steps: readonly number[], values: SideSeries['mean'], box: PlotBox): string {
  const points = pointsOf(steps, values, box);
  return points.length === 0 ? '' : `M${points.join('L')}`;
}

/** The field between the least and the largest of several seeds. */
export function bandPath(steps: readonly number[], { low, high }: NonNullable<SideSeries['range']>, box: PlotBox): string {
  const points = [...pointsOf(steps, high, box), ...pointsOf(steps, low, box).toReversed()];
  return points.length === 0 ? '' : `M${points.join('L')}Z`;
}

/** A circle around each value. */
export function marksPath(steps: readonly number[], values: SideSeries['mean'], box: PlotBox): string {
  const half = (side: number): string => `a${MARK_RADIUS} ${MARK_RADIUS} 0 1 0 ${side * 2 * MARK_RADIUS} 0`;
  return pointsOf(steps, values, box)
    .map((point) => `M${point}m${-MARK_RADIUS} 0${half(1)}${half(-1)}`)
    .join('');
}

function pointsOf(steps: readonly number[], values: SideSeries['mean'], box: PlotBox): string[] {
  return values.flatMap((value, i) => (value === null ? [] : [`${xAt(steps[i]!, box).toFixed(1)} ${yAt(value, box).toFixed(1)}`]));
}
