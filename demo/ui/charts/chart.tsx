/** One chart over steps: its sentence, its canvas, and its numbers as a table. */

import { useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type UPlot from 'uplot';
import { decimals } from '../figures.ts';
import { usePage } from '../state/page-state.ts';
import { stepsOf } from '../state/shown.ts';
import { useDerived } from '../use-derived.ts';
import { useInTurn } from '../use-in-turn.ts';
import { useWidth } from '../use-width.ts';
import { ChartTable } from './chart-table.tsx';
import { useThemeCount } from './colours.ts';
import { alignedData, createPlot, PLOT_HEIGHT } from './plot.ts';
import type { ChartSpec } from './chart-list.ts';
import { chartData, standingAt } from './series.ts';

interface ChartProps {
  readonly spec: ChartSpec;
  readonly height?: number;
}

export function Chart({ spec, height = PLOT_HEIGHT }: ChartProps) {
  const page = usePage();
  const { step, isPlaying, isFollowing } = page;
  const shown = useInTurn(page.shown);
  const { tracks } = shown.value;
  const hovered = useSignal<number | null>(null);
  const data = useMemo(() => chartData(tracks, spec.lines), [tracks, spec]);
  const sentence = useDerived(() => {
    const at = hovered.value ?? step.value;
    return `${standingAt(shown.value.tracks, spec.main, at, (value) => decimals(value, spec.places))} ${spec.unit}, step ${at}`;
  }, [spec]);
  return (
    <figure class="chart">
      <figcaption>
        <Title spec={spec} />
        <p class="figures" aria-live={isPlaying.value || isFollowing.value ? 'off' : 'polite'}>
          {sentence}
        </p>
      </figcaption>
      <Canvas spec={spec} data={data} steps={stepsOf(shown.value)} height={height} hovered={(at) => (hovered.value = at)} />
      <ChartTable title={spec.title} data={data} places={spec.places} />
    </figure>
  );
}

/** Says what the lines measure to who points at it; the words are loaded then. */
function Title({ spec }: { readonly spec: ChartSpec }) {
  const words = useSignal<string | undefined>(undefined);
  const explain = async (): Promise<void> => {
    const { explained } = await import('./explained.ts');
    words.value = explained(spec);
  };
  return (
    <h3 title={words.value} onPointerEnter={() => void explain().catch(() => undefined)}>
      {spec.title}
    </h3>
  );
}

interface CanvasProps {
  readonly spec: ChartSpec;
  readonly data: ReturnType<typeof chartData>;
  readonly steps: number;
  readonly height: number;
  readonly hovered: (step: number | null) => void;
}

function Canvas({ spec, data, steps, height, hovered }: CanvasProps) {
  const page = usePage();
  const [ref, width] = useWidth<HTMLDivElement>();
  const plot = useRef<UPlot | null>(null);
  const ahead = useRef<HTMLDivElement>(null);
  const theme = useThemeCount();
  const lines = data.series.map(({ side, label, line, range }) => `${side} ${label} ${line.metric} ${range ? 3 : 1}`).join();

  useEffect(() => {
    if (!ref.current || width.value === 0) return;
    const painted = (made: UPlot): void => veil(made, ahead.current, page.head.peek(), page.furthest.peek());
    const made = createPlot(ref.current, { spec, data, steps, width: width.value, height, hovered, painted });
    plot.current = made;
    return () => {
      plot.current = null;
      made.destroy();
    };
  }, [spec, lines, steps, width.value, height, theme]);
  useEffect(() => plot.current?.setData(alignedData(data)), [data]);
  useSignalEffect(() => veil(plot.current, ahead.current, page.head.value, page.furthest.value));

  return (
    <div class="canvas" ref={ref} style={{ height: `${height}px` }} aria-hidden="true">
      <div class="ahead" ref={ahead} />
    </div>
  );
}

/** Draws a veil over what lies ahead of the playhead; what was never reached is hidden. */
function veil(plot: UPlot | null, element: HTMLElement | null, head: number, furthest: number): void {
  if (!plot || !element) return;
  const { left, top, width, height } = plot.bbox;
  const ratio = devicePixelRatio;
  const at = plot.valToPos(head, 'x');
  const hidden = plot.valToPos(furthest, 'x') - at;
  const right = width / ratio + 10; // a little more than the plot, for points on its edge
  if (!Number.isFinite(at)) return; // before the first drawing
  element.style.transform = `translate(${left / ratio + at}px, ${top / ratio - 6}px)`;
  element.style.width = `${Math.max(0, right - at)}px`;
  element.style.height = `${height / ratio + 6}px`;
  element.style.setProperty('--seen', `${Math.max(0, hidden)}px`);
}
