/** One river: how a policy divides its answers to the probe, step by step. */

import { useSignal } from '@preact/signals';
import { useId, useMemo } from 'preact/hooks';
import type { Track } from '../../data/frame.ts';
import { percent } from '../figures.ts';
import { usePage } from '../state/page-state.ts';
import { useDerived } from '../use-derived.ts';
import { useHandedInTurn } from '../use-in-turn.ts';
import { bandColour, type BandPlan } from './bands.ts';
import { type Column, columnAt, columnsOf, labelsAt, type RiverBox, streamAt, streamPaths } from './geometry.ts';
import { StreamLabels } from './stream-labels.tsx';

interface RiverProps {
  readonly track: Track;
  readonly plan: BandPlan;
  readonly probe: number;
  readonly box: RiverBox;
  readonly accent: string;
}

/** Room right of the last step for the names of the streams; the playhead's button and count stand under it. */
export const LABEL_ROOM = { wide: 118, narrow: 88 } as const;

/** Each river is drawn in a frame of its own. */
export function River(handed: RiverProps) {
  const drawn = useHandedInTurn(handed);
  return useMemo(() => <DrawnRiver {...drawn} />, [drawn]);
}

function DrawnRiver({ track, plan, probe, box, accent }: RiverProps) {
  const { head, furthest } = usePage();
  const id = useId().replace(/\W/g, '');
  const columns = useMemo(() => columnsOf(track.frames, probe, plan, box), [track.frames, probe, plan, box]);
  const paths = useMemo(() => streamPaths(columns), [columns]);
  const { width, height, steps } = box;
  const widthUntil = (step: number): number => Math.min(step / Math.max(1, steps), 1) * width;
  const reached = useDerived(() => widthUntil(head.value), [box]);
  const seen = useDerived(() => widthUntil(furthest.value), [box]);
  const lastX = columns.at(-1)?.x ?? 0;
  const headX = useDerived(() => Math.min(reached.value, lastX), [reached, lastX]);

  return (
    <div class="river" style={{ height: `${height}px` }}>
      <svg width="100%" height={height} role="img" aria-label={sentenceOf(track, columns.at(-1), plan, height)}>
        <defs>
          <pattern id={`${id}h`} width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <rect width="5" height="5" fill="var(--shallow)" />
            <line x1="0.5" y1="0" x2="0.5" y2="5" stroke="var(--shallow-hatch)" />
          </pattern>
          <clipPath id={`${id}n`}>
            <rect x="0" y="0" height={height} width={headX} />
          </clipPath>
          <clipPath id={`${id}f`}>
            <rect x="0" y="0" height={height} width={seen} />
          </clipPath>
          <g id={`${id}s`}>
            <rect x="0" y="0" width={lastX} height={height} fill="var(--bank)" rx="2" />
            {paths.map((path, i) => path && <path key={i} d={path} fill={fillOf(i, paths.length, plan, `url(#${id}h)`)} class="stream" />)}
          </g>
        </defs>
        <rect width={box.width} height={height} class="river-bed" rx="2" />
        <g clip-path={`url(#${id}f)`} class="river-ahead">
          <use href={`#${id}s`} />
        </g>
        <g clip-path={`url(#${id}n)`}>
          <use href={`#${id}s`} />
        </g>
        {track.info.changes?.map((change) => (
          <g key={change.step} class="turning">
            <line x1={widthUntil(change.step)} x2={widthUntil(change.step)} y1="0" y2={height} />
            <text x={widthUntil(change.step) + 4} y="11">
              {change.label}
            </text>
          </g>
        ))}
        <line x1={headX} x2={headX} y1="0" y2={height} stroke={accent} stroke-width="1.5" />
      </svg>
      <StreamLabels columns={columns} plan={plan} box={box} headX={headX} />
      <Pointer columns={columns} plan={plan} box={box} />
    </div>
  );
}

function fillOf(stream: number, streams: number, plan: BandPlan, hatch: string): string {
  if (stream === 0 || stream === streams - 1) return hatch;
  return bandColour(plan.rank.get(plan.order[stream - 1]!) ?? 0);
}

/** What lies under the pointer, in words. */
function Pointer({ columns, plan, box }: { readonly columns: readonly Column[]; readonly plan: BandPlan; readonly box: RiverBox }) {
  const { furthest } = usePage();
  const under = useSignal<{ readonly x: number; readonly y: number; readonly text: string } | null>(null);
  const look = (event: PointerEvent): void => {
    const { left, top } = (event.currentTarget as Element).getBoundingClientRect();
    const [x, y] = [event.clientX - left, event.clientY - top];
    const step = (x / box.width) * box.steps;
    const column = step <= furthest.peek() + 1 ? columnAt(columns, step + 0.5) : undefined;
    under.value = column ? { x, y, text: `step ${column.step}: ${nameOf(streamAt(column, y, plan))}` } : null;
  };
  return (
    <div class="river-pointer" onPointerMove={look} onPointerLeave={() => (under.value = null)} aria-hidden="true">
      {under.value && (
        <div class="tip" style={{ left: `${Math.min(under.value.x + 12, Math.max(0, box.width - 150))}px`, top: `${under.value.y + 14}px` }}>
          {under.value.text}
        </div>
      )}
    </div>
  );
}

function nameOf({ kind, answer, share }: ReturnType<typeof streamAt>): string {
  if (kind === 'band') return `${answer} ${percent(share)}`;
  return kind === 'shallow' ? `other right answers ${percent(share)}` : `wrong answers ${percent(share)}`;
}

function sentenceOf({ info }: Track, column: Column | undefined, plan: BandPlan, height: number): string {
  if (!column) return `${info.label}: nothing measured yet.`;
  const wrong = (column.edges[0]! * 2) / height;
  const thickest = labelsAt(column, plan, height, 0)
    .sort((a, b) => b.share - a.share)
    .slice(0, 3);
  const named = thickest.map(({ answer, share }) => `${answer} ${percent(share)}`).join(', ');
  return `${info.label} at step ${column.step}: right ${percent(1 - wrong)}, wrong ${percent(wrong)}; likeliest answers ${named}.`;
}
