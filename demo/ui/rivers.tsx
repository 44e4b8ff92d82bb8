/** The two rivers of the probe prompt, one under the other, with what each run has come to at the playhead. */

import type { ReadonlySignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type { Track } from '../data/frame.ts';
import { accentOf } from './accents.ts';
import { decimals } from './figures.ts';
import { type BandPlan, steadyPlan } from './river/bands.ts';
import { LABEL_ROOM, River } from './river/river.tsx';
import { usePage } from './state/page-state.ts';
import { ANSWERS_ALIVE, metricAt, pairOf, stepsOf } from './state/shown.ts';
import { useDerived } from './use-derived.ts';
import { useInTurn } from './use-in-turn.ts';
import { useWidth } from './use-width.ts';

/** Below this, as in style/page.css, names of streams have less room. */
const NARROW = 588;

export function Rivers() {
  const page = usePage();
  const { seed, probe } = page;
  const shown = useInTurn(page.shown);
  const [ref, width] = useWidth<HTMLDivElement>();
  const pair = pairOf(shown.value, seed.value);
  const steps = stepsOf(shown.value);
  const plan = useBandPlan(pair, probe.value, steps);
  const room = Math.max(0, width.value - (width.value < NARROW ? LABEL_ROOM.narrow : LABEL_ROOM.wide));
  const box = useMemo(() => ({ width: room, height: heightOf(width.value), steps }), [room, steps]);

  return (
    <div class="rivers" ref={ref}>
      {pair.map((track) => (
        <section
          key={track.info.side}
          class="river-block"
          style={{ '--accent': accentOf(track.info.label) }}
          aria-label={`${track.info.side}, ${track.info.label}`}
        >
          <Standing track={track} />
          {width.value > 0 && shown.value.probes.length > 0 && <River track={track} plan={plan} probe={probe.value} box={box} accent="var(--accent)" />}
        </section>
      ))}
    </div>
  );
}

/** One plan for the pair's rivers, which stands for a while as they grow. */
function useBandPlan(pair: readonly Track[], probe: number, end: number): BandPlan {
  const standing = useMemo((): { plan: BandPlan | null } => ({ plan: null }), [probe, ...pair.map(({ info }) => info)]);
  const rivers = pair.map(({ frames }) => frames);
  return useMemo(() => (standing.plan = steadyPlan(standing.plan, rivers, probe, end)), [standing, end, ...rivers]);
}

/** Both rivers and the button under them fit a window without scrolling; a narrow one needs more lines of text. style/river.css keeps this room. */
function heightOf(width: number): number {
  const text = width < NARROW ? 606 : 455;
  return Math.round(Math.min(232, Math.max(96, (innerHeight - text) / 2)));
}

/** The run's name and its three numbers at the playhead. */
function Standing({ track }: { readonly track: Track }) {
  const { step } = usePage();
  const at = (metric: string, places: number) => useDerived(() => decimals(metricAt(track, metric, step.value), places), [track]);
  const { side, label } = track.info;
  return (
    <header class="standing">
      <h2>
        <span class="side">{side}</span> {label}
      </h2>
      <dl>
        <Figure name="reward" value={at('reward', 2)} title="Mean reward of this step's completions: the share that is right." />
        <Figure name="entropy" value={at('entropy', 2)} unit="nats" title="H = −Σ p ln p of the next token, mean over sampled tokens, in nats." />
        <Figure
          name="answers alive"
          value={at(ANSWERS_ALIVE, 1)}
          unit="of 8"
          title="Different right answers among 8 samples of a prompt, averaged over the held-out prompts."
        />
      </dl>
    </header>
  );
}

interface FigureProps {
  readonly name: string;
  readonly value: ReadonlySignal<string>;
  readonly unit?: string;
  readonly title: string;
}

function Figure({ name, value, unit, title }: FigureProps) {
  return (
    <div title={title}>
      <dt>{name}</dt>
      <dd>
        {value}
        {unit && <small> {unit}</small>}
      </dd>
    </div>
  );
}
