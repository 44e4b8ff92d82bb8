/** Every variant's weight for every token of one completion, side by side, and what each would do to the entropy. */

import type { Signal } from '@preact/signals';
import { type TokenBatch, type TokenRow, TOKEN_FLAGS } from '../../data/frame.ts';
import type { LensRow } from '../../lens/reading.ts';
import { accentOf } from '../accents.ts';
import { digits4, percent, signedShort } from '../figures.ts';
import { heatColour, type HeatScale } from '../tokens/ramp.ts';
import { BatchStrip } from './batch-strip.tsx';

interface VariantTableProps {
  readonly batch: TokenBatch;
  readonly completion: TokenRow;
  readonly rows: readonly LensRow[];
  readonly scale: HeatScale;
  readonly chosen: Signal<string>;
}

export function VariantTable({ batch, completion, rows, scale, chosen }: VariantTableProps) {
  const widest = Math.max(...rows.map(({ ledger }) => Math.abs(ledger.total)), 1e-12);
  const columns = completion.tokens.map((_, t) => completion.start + t);
  return (
    <div class="variants" tabIndex={0} role="region" aria-label="Weights by variant">
      <table>
        <thead>
          <tr>
            <th scope="col">
              <span class="hidden-text">variant</span>
            </th>
            {completion.tokens.map((text, t) => (
              <th scope="col" key={t} class="head">
                {text === '<eos>' ? <small>end</small> : text}
              </th>
            ))}
            <th scope="col" class="strip-head" title="Weights of all tokens of the batch, a column to a token">
              whole batch
            </th>
            <th scope="col" title="Share of the batch’s tokens that get another weight than GRPO gives them">
              other weight
            </th>
            <th scope="col" title="Share of the batch’s tokens that the ratio clip stops">
              clipped
            </th>
            <th
              scope="col"
              class="ledger-head"
              title="Mean predicted change of a token’s entropy for a step of 1 along the weights, nats; hover a bar for its four parts"
            >
              predicted ΔH
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.variant.key} class={chosen.value === row.variant.key ? 'chosen' : ''} style={{ '--accent': accentOf(row.variant.label) }}>
              <th scope="row">
                <button
                  type="button"
                  class="link"
                  aria-pressed={chosen.value === row.variant.key}
                  title={row.variant.summary}
                  onClick={() => (chosen.value = row.variant.key)}
                >
                  {row.variant.label}
                </button>
              </th>
              {columns.map((at) => (
                <Cell key={at} row={row} at={at} scale={scale} batch={batch} />
              ))}
              <td class="strip-cell">
                <BatchStrip weights={row.weight} scale={scale} />
              </td>
              <td class="share">{percent(row.selectedShare)}</td>
              <td class="share">{percent(row.clippedShare)}</td>
              <Ledger row={row} widest={widest} />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Cell({ row, at, scale }: { readonly row: LensRow; readonly at: number; readonly scale: HeatScale; readonly batch: TokenBatch }) {
  const weight = row.weight[at]!;
  const flags = row.flags[at]!;
  const isSelected = (flags & TOKEN_FLAGS.selected) !== 0;
  const isClipped = (flags & TOKEN_FLAGS.clipped) !== 0;
  return (
    <td
      class={`cell${isSelected ? ' selected' : ''}${isClipped ? ' clipped' : ''}`}
      style={{ background: heatColour(weight, scale) }}
      title={`${row.variant.label}: weight ${digits4(weight)}${isSelected ? ', another than GRPO’s' : ''}${isClipped ? ', clipped' : ''}`}
      data-at={at}
      data-variant={row.variant.key}
    >
      <span>{shortWeight(weight)}</span>
    </td>
  );
}

/** Two digits: the whole number is in the title. What rounds to nothing keeps its sign. */
function shortWeight(weight: number): string {
  if (weight === 0) return '0';
  const size = Math.abs(weight);
  if (size < 0.05) return weight < 0 ? '−0' : '+0';
  const text = size >= 9.95 ? Math.round(size).toString() : size.toFixed(1);
  return `${weight < 0 ? '−' : ''}${text.replace(/^0\./, '.')}`;
}

function Ledger({ row, widest }: { readonly row: LensRow; readonly widest: number }) {
  const { total, goodLikely, goodUnlikely, badLikely, badUnlikely } = row.ledger;
  const share = (Math.abs(total) / widest) * 50; // half the bar's room to each side
  const parts = `good and likely ${digits4(goodLikely)}, good and unlikely ${digits4(goodUnlikely)}, bad and likely ${digits4(badLikely)}, bad and unlikely ${digits4(badUnlikely)}`;
  const pushes = row.entropyWeight.some((weight) => weight > 0);
  const more = pushes ? '; its push on the entropy itself comes on top' : '';
  return (
    <td class="ledger" title={parts + more}>
      <span class="figures">
        {pushes && <abbr title="and more: its push on the entropy itself comes on top">≥ </abbr>}
        {signedShort(total)}
      </span>
      <b aria-hidden="true">
        <i style={{ left: total < 0 ? `${50 - share}%` : '50%', width: `${share}%` }} class={total < 0 ? 'down' : 'up'} />
      </b>
      <span class="hidden-text">
        ; {parts}
        {more}
      </span>
    </td>
  );
}
