/** One chart over steps: its sentence, its lines, and its numbers as a table. */

import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { decimals } from '../figures.ts';
import { usePage } from '../state/page-state.ts';
import { stepsOf } from '../state/shown.ts';
import { useDerived } from '../use-derived.ts';
import { useInTurn } from '../use-in-turn.ts';
import { ChartTable } from './chart-table.tsx';
import type { ChartSpec } from './chart-list.ts';
import { Plot } from './plot.tsx';
import { PLOT_HEIGHT } from './plot-geometry.ts';
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
      <Plot lines={spec.lines} data={data} steps={stepsOf(shown.value)} height={height} atLeast={spec.atLeast} hovered={(at) => (hovered.value = at)} />
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
