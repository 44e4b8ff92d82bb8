/** A chart's canvas: uPlot, set in the page's type and colours. */

import UPlot from 'uplot';
import { accentOf } from '../accents.ts';
import { resolvedColour } from './colours.ts';
import type { ChartSpec } from './chart-list.ts';
import type { ChartData, SideSeries } from './series.ts';

export const PLOT_HEIGHT = 148;

interface PlotOptions {
  readonly spec: ChartSpec;
  readonly data: ChartData;
  readonly steps: number;
  readonly width: number;
  readonly height: number;
  readonly hovered: (step: number | null) => void;
  /** After each drawing: scales and sizes are known then. */
  readonly painted: (plot: UPlot) => void;
}

/** Draws a chart into an element. */
export function createPlot(element: HTMLElement, { spec, data, steps, width, height, hovered, painted }: PlotOptions): UPlot {
  const soft = resolvedColour(element, 'var(--soft)');
  const line = resolvedColour(element, 'var(--line)');
  const font = `11px ${getComputedStyle(element).fontFamily}`;
  const axis: UPlot.Axis = { stroke: soft, font, ticks: { show: false }, grid: { stroke: line, width: 1 }, gap: 4 };
  const { series, bands } = drawn(element, data.series);
  const options: UPlot.Options = {
    width,
    height,
    padding: [6, 14, 0, 0],
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { show: false }, y: false },
    scales: {
      x: { time: false, range: [0, Math.max(1, steps)] },
      y: { range: (_plot, low, high) => [Math.min(0, low ?? 0), Math.max(spec.atLeast, high ?? 0) * 1.02] },
    },
    axes: [
      { ...axis, grid: { show: false }, size: 22, space: 60 },
      { ...axis, size: 38, space: 32, values: (_plot, splits) => splits.map((value) => String(Number(value.toPrecision(3)))) },
    ],
    series: [{}, ...series],
    bands,
    hooks: {
      draw: [painted],
      setCursor: [
        (plot) => {
          const { idx, left = -1 } = plot.cursor;
          hovered(left < 0 || typeof idx !== 'number' ? null : (plot.data[0][idx] ?? null));
        },
      ],
    },
  };
  return new UPlot(options, alignedData(data), element);
}

/** uPlot's columns: steps, then for each line its mean and, with several seeds, its largest and least. */
export function alignedData({ steps, series }: ChartData): UPlot.AlignedData {
  const columns = series.flatMap(({ mean, range }) => (range ? [mean, range.high, range.low] : [mean]));
  return [steps, ...columns].map((column) => [...column]) as unknown as UPlot.AlignedData;
}

function drawn(element: HTMLElement, all: readonly SideSeries[]): { readonly series: UPlot.Series[]; readonly bands: UPlot.Band[] } {
  const series: UPlot.Series[] = [];
  const bands: UPlot.Band[] = [];
  for (const { label, line, range, side } of all) {
    const stroke = resolvedColour(element, accentOf(label));
    const faint = resolvedColour(element, `color-mix(in oklab, ${accentOf(label)} 45%, transparent)`);
    series.push({
      label: `${side} ${line.name}`,
      stroke: line.style === 'faint' ? faint : stroke,
      width: line.style === 'faint' ? 1 : 1.75,
      ...(line.style === 'dotted' && { dash: [2, 4] }),
      points: { show: line.style === 'marked', size: 5, width: 1.25, fill: resolvedColour(element, 'var(--paper)') },
      spanGaps: true,
    });
    if (!range) continue;
    const at = series.length;
    series.push({ label: `${side} ${line.name}, largest`, show: true, width: 0, points: { show: false }, spanGaps: true });
    series.push({ label: `${side} ${line.name}, least`, show: true, width: 0, points: { show: false }, spanGaps: true });
    bands.push({ series: [at + 1, at + 2], fill: resolvedColour(element, `color-mix(in oklab, ${accentOf(label)} 16%, transparent)`) });
  }
  return { series, bands };
}
