/** The completions of one group, token by token: arrows move through them, Home and End go to the row's ends. */

import type { Signal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { type TokenBatch, type TokenRow, TOKEN_FLAGS } from '../../data/frame.ts';
import { heatOf } from '../../lens/reading.ts';
import { decimals, digits4 } from '../figures.ts';
import { heatColour, HEAT_NOTES, type HeatScale } from './ramp.ts';
import type { TokenPlace } from './reading-line.tsx';

interface TokenGridProps {
  readonly batch: TokenBatch;
  readonly rows: readonly TokenRow[];
  readonly scale: HeatScale;
  readonly place: Signal<TokenPlace | null>;
  readonly label: string;
  /** Numbers and marks in place of the batch's own: those of a variant in the lens. */
  readonly shownAs?: { readonly values: ArrayLike<number>; readonly flags: ArrayLike<number> };
}

export function TokenGrid({ batch, rows, scale, place, label, shownAs }: TokenGridProps) {
  const grid = useRef<HTMLDivElement>(null);
  const current = place.value?.batch === batch ? place.value.at : -1;
  const entry = rows.some(({ start, tokens }) => current >= start && current < start + tokens.length) ? current : rows[0]?.start;
  const point = (at: number, text: string): void => {
    place.value = { batch, at, text };
  };
  return (
    <div class="tokens" role="grid" aria-label={label} ref={grid} onKeyDown={(event) => moveFocus(event, grid.current)}>
      {rows.map((row) => (
        <div role="row" class="completion" key={row.start} data-right={row.reward > 0 ? 'yes' : 'no'}>
          <span role="rowheader" class="verdict" title={verdictInWords(row)}>
            <span class="hidden-text">{verdictInWords(row)}</span>
          </span>
          <span class="line">
            {row.tokens.map((text, t) => {
              const at = row.start + t;
              const value = shownAs ? shownAs.values[at]! : heatOf(scale.column, batch.columns, at);
              const flags = (shownAs ? shownAs.flags : batch.flags)[at] ?? 0;
              return (
                <span
                  key={t}
                  role="gridcell"
                  tabIndex={at === entry ? 0 : -1}
                  class={classOf(flags)}
                  style={{ background: heatColour(value, scale) }}
                  data-at={at}
                  aria-label={`${shownText(text)}, ${HEAT_NOTES[scale.column].name} ${digits4(value)}${markInWords(flags)}`}
                  onPointerEnter={() => point(at, shownText(text))}
                  onFocus={() => point(at, shownText(text))}
                >
                  {text === '<eos>' ? <small>end</small> : text}
                </span>
              );
            })}
          </span>
          <span role="gridcell" class="advantage figures" title="advantage">
            {decimals(row.advantage)}
          </span>
        </div>
      ))}
    </div>
  );
}

function shownText(token: string): string {
  return token === '<eos>' ? 'end' : token;
}

function classOf(flags: number): string {
  return `token${flags & TOKEN_FLAGS.selected ? ' selected' : ''}${flags & TOKEN_FLAGS.clipped ? ' clipped' : ''}`;
}

function markInWords(flags: number): string {
  return `${flags & TOKEN_FLAGS.selected ? ', selected' : ''}${flags & TOKEN_FLAGS.clipped ? ', clipped' : ''}`;
}

const VERDICTS: Readonly<Record<string, string>> = {
  ok: 'right',
  value: 'wrong: another number',
  digits: 'wrong: a required digit is missing',
  grammar: 'wrong: not a sum of digits',
  noeos: 'wrong: does not end',
};

function verdictInWords({ verdict, reward }: TokenRow): string {
  return VERDICTS[verdict] ?? (reward > 0 ? 'right' : 'wrong');
}

/** Moves the focus among the cells of a grid, as arrow keys do in a table. */
function moveFocus(event: KeyboardEvent, grid: HTMLElement | null): void {
  const rows = [...(grid?.querySelectorAll<HTMLElement>('.completion') ?? [])].map((row) => [...row.querySelectorAll<HTMLElement>('.token')]);
  const y = rows.findIndex((cells) => cells.includes(event.target as HTMLElement));
  if (y < 0) return;
  const x = rows[y]!.indexOf(event.target as HTMLElement);
  const targets: Readonly<Record<string, HTMLElement | undefined>> = {
    ArrowRight: rows[y]![x + 1] ?? rows[y + 1]?.[0],
    ArrowLeft: rows[y]![x - 1] ?? rows[y - 1]?.at(-1),
    ArrowDown: rows[y + 1]?.[Math.min(x, rows[y + 1]!.length - 1)],
    ArrowUp: rows[y - 1]?.[Math.min(x, rows[y - 1]!.length - 1)],
    Home: rows[y]![0],
    End: rows[y]!.at(-1),
  };
  if (!(event.key in targets)) return;
  event.preventDefault();
  targets[event.key]?.focus();
}
