/** The lens: one batch, frozen, and what every variant would make of each of its tokens. */

import '../../style/lens.css';
import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { TokenBatch } from '../../data/frame.ts';
import type { LensRow } from '../../lens/reading.ts';
import { mostTelling } from '../../lens/telling.ts';
import { decimals, digits4, percent, whole } from '../figures.ts';
import { useLive } from '../live/live-context.ts';
import { usePage } from '../state/page-state.ts';
import { pairOf, type Shown } from '../state/shown.ts';
import { HEAT_NOTES } from '../tokens/ramp.ts';
import { ReadingLine, type TokenPlace } from '../tokens/reading-line.tsx';
import { TokenGrid } from '../tokens/token-grid.tsx';
import { Timeline } from '../timeline.tsx';
import { EntropyLedgerTable } from './entropy-ledger.tsx';
import { Histogram } from './histogram.tsx';
import type { LensAnswer, LensState } from './lens-state.ts';
import { OwnWeightEditor } from './own-weight-editor.tsx';
import { VariantTable } from './variant-table.tsx';

export function Lens({ lens }: { readonly lens: LensState }) {
  const { shown, seed, step } = usePage();
  const { choices } = useLive();
  const batch = useComputed(() => frozenBatch(shown.value, seed.value, step.value));
  useEffect(() => lens.weigh(choices.ownWeight.peek() ?? ''), []);
  useSignalEffect(() => {
    if (batch.value) lens.read(batch.value);
  });
  const answer = lens.answer.value;
  return (
    <section class="lens" aria-labelledby="lens-title">
      <h2 id="lens-title">One batch, frozen. What would each variant make of it?</h2>
      {hasBatches(shown.value) && <Timeline />}
      {lens.failure.value !== null && <p class="trouble">{lens.failure.value}</p>}
      {batch.value === null && <p class="soft">No whole batch is here yet: the lens opens with the first step that is kept.</p>}
      {answer && <Answer answer={answer} lens={lens} />}
    </section>
  );
}

/** A recording keeps one whole batch; training keeps more, and the playhead chooses among them. */
function hasBatches({ tracks }: Shown): boolean {
  return tracks.some(({ frames }) => frames.some(({ tokens }) => tokens?.isWhole === true));
}

/** The whole mini-batch nearest before the playhead, of A if it has one; else the one that came with the recording. */
function frozenBatch(shown: Shown, seed: number, step: number): TokenBatch | null {
  for (const { frames } of pairOf(shown, seed)) {
    const kept = frames.findLast((frame) => frame.step <= step && frame.tokens?.isWhole === true);
    if (kept?.tokens) return kept.tokens;
  }
  return shown.frozen;
}

function Answer({ answer: { batch, reading, milliseconds }, lens }: { readonly answer: LensAnswer; readonly lens: LensState }) {
  const chosen = useSignal('grpo');
  const place = useSignal<TokenPlace | null>(null);
  const group = useSignal(0);
  const telling = useMemo(() => mostTelling(batch, reading), [reading]);
  useMemo(() => (group.value = telling.group), [telling]);
  const own = lens.own.value;
  const rows = own && own.weight.length === batch.columns.logProb.length ? [own, ...reading.rows] : reading.rows;
  const scale = useMemo(() => ({ column: 'weight' as const, full: fullWeight(reading.rows[0]), isSigned: HEAT_NOTES.weight.isSigned }), [reading]);
  const row = rows.find(({ variant }) => variant.key === chosen.value) ?? rows[0]!;
  const groups = [...new Set(batch.rows.map((each) => each.group))];
  const inGroup = batch.rows.filter((each) => each.group === groups[group.value % groups.length]);
  const at = place.value?.batch === batch ? place.value.at : -1;
  const told = batch.rows[telling.row];
  const completion = inGroup.find(({ start, tokens }) => at >= start && at < start + tokens.length) ?? (told && inGroup.includes(told) ? told : inGroup[0]!);
  return (
    <>
      <p class="soft figures">
        Step {batch.step}: {whole(batch.tokenCount)} tokens of {batch.rows.length} completions; {rows.length} variants answered in {decimals(milliseconds, 0)}{' '}
        ms, without another pass through the model.
      </p>
      <div class="lens-top">
        <Histogram histogram={reading.covariance} />
        <OwnWeightEditor lens={lens} />
      </div>
      <div class="lens-body">
        <div class="chosen-tokens">
          <h3 style={{ '--accent': 'var(--ink)' }}>
            {row.variant.label} on <code>{completion.prompt}</code>
            <button
              type="button"
              class="plain icon"
              aria-label="Previous prompt of the batch"
              onClick={() => (group.value = (group.peek() + groups.length - 1) % groups.length)}
            >
              ‹
            </button>
            <span class="soft figures">
              {(group.value % groups.length) + 1}/{groups.length}
            </span>
            <button type="button" class="plain icon" aria-label="Next prompt of the batch" onClick={() => (group.value = (group.peek() + 1) % groups.length)}>
              ›
            </button>
          </h3>
          <p class="soft">
            {row.variant.summary} {percent(row.selectedShare)} of tokens get another weight than GRPO gives them, {percent(row.clippedShare)} are clipped;
            predicted entropy change {digits4(row.ledger.total)} nats.
          </p>
          <TokenGrid
            batch={batch}
            rows={inGroup}
            scale={scale}
            place={place}
            label={`${row.variant.label}, weights of ${completion.prompt}`}
            shownAs={{ values: row.weight, flags: row.flags }}
          />
          <ReadingLine place={place} />
          <EntropyLedgerTable row={row} reading={reading} />
        </div>
        <VariantTable batch={batch} completion={completion} rows={rows} scale={scale} chosen={chosen} />
      </div>
      <Left reading={reading.left} />
    </>
  );
}

/** Variants that a frozen batch cannot be asked about. */
function Left({ reading }: { readonly reading: LensAnswer['reading']['left'] }) {
  if (reading.length === 0) return null;
  return (
    <ul class="left-out soft">
      {reading.map(({ variant, why }) => (
        <li key={variant.key}>
          {variant.label} is not in the table. {why}
        </li>
      ))}
    </ul>
  );
}

/** Full colour stands for GRPO's largest weight, or nearly. */
function fullWeight(row: LensRow | undefined): number {
  const sizes = Array.from(row?.weight ?? [], Math.abs).sort((a, b) => a - b);
  return sizes[Math.floor(sizes.length * 0.95)] || 1;
}
