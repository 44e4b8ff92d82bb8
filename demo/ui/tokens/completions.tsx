/** What the policies wrote at the playhead's step, coloured token by token. */

import { type Signal, useComputed, useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { TokenBatch, TrackInfo } from '../../data/frame.ts';
import { HEAT_COLUMNS, type HeatColumn } from '../../lens/reading.ts';
import { accentOf } from '../accents.ts';
import { digits4 } from '../figures.ts';
import { usePage } from '../state/page-state.ts';
import { pairOf, tokensAt } from '../state/shown.ts';
import { useInTurn } from '../use-in-turn.ts';
import { HEAT_NOTES, heatScale, type HeatScale } from './ramp.ts';
import { ReadingLine, type TokenPlace } from './reading-line.tsx';
import { TokenGrid } from './token-grid.tsx';

interface ShownSide {
  readonly info: TrackInfo;
  readonly batch: TokenBatch;
}

export function Completions() {
  const { shown, seed, step } = usePage();
  const column = useSignal<HeatColumn>('entropy');
  const group = useSignal(0);
  const place = useSignal<TokenPlace | null>(null);
  const last = useRef<readonly ShownSide[]>([]);
  const written = useComputed(() => {
    const now = pairOf(shown.value, seed.value).flatMap((track): ShownSide[] => {
      const batch = tokensAt(track, step.value);
      return batch ? [{ info: track.info, batch }] : [];
    });
    // A step of one run alone changes nothing here.
    if (!areSame(now, last.current)) last.current = now;
    return last.current;
  });
  const sides = useInTurn(written);
  const batches = sides.value.map(({ batch }) => batch);
  const key = batches.map((batch) => batch.step).join();
  const scale = useComputed(() =>
    heatScale(
      column.value,
      sides.value.map(({ batch }) => batch),
    ),
  ).value;
  if (batches.length === 0) return null;
  return (
    <section class="completions" aria-labelledby="completions-title" data-steps={key}>
      <header>
        <h3 id="completions-title">Completions, token by token</h3>
        <label class="inline">
          coloured by{' '}
          <select value={column.value} onChange={({ currentTarget }) => (column.value = currentTarget.value as HeatColumn)}>
            {HEAT_COLUMNS.map((name) => (
              <option key={name} value={name} title={HEAT_NOTES[name].formula}>
                {HEAT_NOTES[name].name}
              </option>
            ))}
          </select>
        </label>
        <Ramp scale={scale} />
        <p class="marks soft">
          <u>selected</u> by the variant · <s>clipped</s> · advantage at the right
        </p>
      </header>
      <div class="sides">
        {sides.value.map(({ info, batch }) => (
          <Side key={info.side} info={info} batch={batch} scale={scale} group={group} place={place} />
        ))}
      </div>
      <ReadingLine place={place} />
    </section>
  );
}

function areSame(a: readonly ShownSide[], b: readonly ShownSide[]): boolean {
  return a.length === b.length && a.every(({ info, batch }, i) => info === b[i]!.info && batch === b[i]!.batch);
}

interface SideProps extends ShownSide {
  readonly scale: HeatScale;
  readonly group: Signal<number>;
  readonly place: Signal<TokenPlace | null>;
}

function Side({ info, batch, scale, group, place }: SideProps) {
  const groups = [...new Set(batch.rows.map((row) => row.group))];
  const chosen = groups[group.value % groups.length]!;
  const rows = batch.rows.filter((row) => row.group === chosen);
  const turn = (by: number): void => {
    group.value = (group.peek() + by + groups.length) % groups.length;
  };
  return (
    <div class="side" style={{ '--accent': accentOf(info.label) }}>
      <h4>
        <span class="name">
          {info.side} {info.label}
        </span>
        <code>{rows[0]?.prompt}</code>
        <span class="soft">
          step {batch.step}
          {groups.length > 1 && `, prompt ${(group.value % groups.length) + 1} of ${groups.length}`}
        </span>
        {groups.length > 1 && (
          <>
            <button type="button" class="plain icon" aria-label="Previous prompt of the step" onClick={() => turn(-1)}>
              ‹
            </button>
            <button type="button" class="plain icon" aria-label="Next prompt of the step" onClick={() => turn(1)}>
              ›
            </button>
          </>
        )}
      </h4>
      <TokenGrid batch={batch} rows={rows} scale={scale} place={place} label={`Completions of ${info.side}, ${rows[0]?.prompt ?? ''}`} />
    </div>
  );
}

/** The colours' legend. */
export function Ramp({ scale }: { readonly scale: HeatScale }) {
  const { name, unit, formula } = HEAT_NOTES[scale.column];
  return (
    <p class="ramp figures" title={formula}>
      <span>{scale.isSigned ? `−${digits4(scale.full)}` : '0'}</span>
      <i class={scale.isSigned ? 'signed' : ''} aria-hidden="true" />
      <span>
        {digits4(scale.full)} {unit}
      </span>
      <span class="hidden-text">{name}</span>
    </p>
  );
}
