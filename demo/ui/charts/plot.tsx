/** A chart's drawing: ticks, a line to a side and metric, and a veil over what lies ahead of the playhead. */

import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { accentOf } from '../accents.ts';
import { usePage } from '../state/page-state.ts';
import { useDerived } from '../use-derived.ts';
import { useWidth } from '../use-width.ts';
import { bandPath, linePath, marksPath, type PlotBox, plotBox, stepAt, stepTicks, valueTicks, xAt, yAt } from './plot-geometry.ts';
import type { ChartData, ChartLine, SideSeries } from './series.ts';

interface PlotProps {
  readonly lines: readonly ChartLine[];
  readonly data: ChartData;
  readonly steps: number;
  readonly height: number;
  readonly atLeast: number;
  /** The step under the pointer; null when it has left. */
  readonly hovered: (step: number | null) => void;
}

export function Plot({ lines, data, steps, height, atLeast, hovered }: PlotProps) {
  const [ref, width] = useWidth<HTMLDivElement>();
  const pointed = useSignal<number | null>(null);
  const box = useMemo(() => plotBox(data, { width: width.value, height, steps }, atLeast), [data, width.value, height, steps, atLeast]);
  const point = (step: number | null): void => {
    pointed.value = step;
    hovered(step);
  };
  const look = (event: PointerEvent): void => point(stepAt(event.clientX - (event.currentTarget as Element).getBoundingClientRect().left, data, box));
  return (
    <div class="canvas" ref={ref} style={{ height: `${height}px` }} onPointerMove={look} onPointerLeave={() => point(null)} aria-hidden="true">
      {width.value > 0 && (
        <svg width={box.width} height={height} class="plane">
          <Ticks box={box} />
          {data.series.map((series) => (
            <Line key={`${series.side}${series.line.metric}`} series={series} steps={data.steps} box={box} />
          ))}
        </svg>
      )}
      <Veil box={box} />
      <Legend lines={lines} />
      {pointed.value !== null && <div class="chart-cursor" style={{ left: `${xAt(pointed.value, box)}px` }} />}
    </div>
  );
}

function Ticks({ box }: { readonly box: PlotBox }) {
  const [left, right, bottom] = [xAt(0, box), xAt(box.steps, box), yAt(box.low, box)];
  return (
    <>
      {valueTicks(box).map((value) => (
        <g key={value}>
          <line x1={left} x2={right} y1={yAt(value, box)} y2={yAt(value, box)} class="grid" />
          <text x={left - 6} y={yAt(value, box) + 3.5} text-anchor="end">
            {Number(value.toPrecision(3))}
          </text>
        </g>
      ))}
      {stepTicks(box).map((step) => (
        <text key={step} x={xAt(step, box)} y={bottom + 15} text-anchor="middle">
          {step}
        </text>
      ))}
    </>
  );
}

function Line({ series: { label, line, mean, range }, steps, box }: { readonly series: SideSeries; readonly steps: readonly number[]; readonly box: PlotBox }) {
  return (
    <g style={{ '--accent': accentOf(label) }} class={`run-line ${line.style}`}>
      {range && <path d={bandPath(steps, range, box)} class="over-seeds" />}
      <path d={linePath(steps, mean, box)} class="mean" />
      {line.style === 'marked' && <path d={marksPath(steps, mean, box)} class="marks" />}
    </g>
  );
}

/** Which line is which, where a side has several; sides are told apart by colour. */
function Legend({ lines }: { readonly lines: readonly ChartLine[] }) {
  if (lines.length < 2) return null;
  return (
    <ul class="legend">
      {lines.map(({ metric, name, style }) => (
        <li key={metric}>
          <svg width="18" height="7" class={`run-line ${style}`}>
            <path d="M0 3.5H18" class="mean" />
            {style === 'marked' && <circle cx="9" cy="3.5" r="2.5" class="marks" />}
          </svg>
          {name}
        </li>
      ))}
    </ul>
  );
}

/** What was seen and lies ahead of the playhead is faint; what was never reached is hidden. */
function Veil({ box }: { readonly box: PlotBox }) {
  const { head, furthest } = usePage();
  const style = useDerived(() => {
    const at = xAt(Math.min(head.value, box.steps), box);
    return `left:${at}px;--seen:${Math.max(0, xAt(furthest.value, box) - at)}px;height:${yAt(box.low, box)}px`;
  }, [box]);
  return <div class="ahead" style={style} />;
}
