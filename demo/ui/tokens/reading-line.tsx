/** All numbers of one token, in one line under the completions; the room is kept, so that nothing jumps. */

import type { ReadonlySignal } from '@preact/signals';
import { type TokenBatch, TOKEN_FLAGS } from '../../data/frame.ts';
import { digits4 } from '../figures.ts';

export interface TokenPlace {
  readonly batch: TokenBatch;
  /** Index into the columns. */
  readonly at: number;
  readonly text: string;
}

export function ReadingLine({ place }: { readonly place: ReadonlySignal<TokenPlace | null> }) {
  const token = place.value;
  if (!token) return <p class="reading soft">Hover a token, or move through them with the arrow keys.</p>;
  const { columns, flags } = token.batch;
  const value = (column: keyof typeof columns): string => digits4(columns[column][token.at]);
  const flag = flags[token.at] ?? 0;
  return (
    <dl class="reading" data-at={token.at} data-step={token.batch.step}>
      <Item name="token" value={token.text} unit={`of step ${token.batch.step}`} />
      <Item name="entropy" value={value('entropy')} unit="nats" />
      <Item name="probability" value={digits4(Math.exp(columns.logProb[token.at]!))} />
      <Item name="ln p" value={value('logProb')} unit="nats" />
      <Item name="ln p, sampled" value={value('oldLogProb')} unit="nats" />
      <Item name="advantage" value={value('advantage')} unit="sd" />
      <Item name="covariance" value={value('covariance')} />
      <Item name="weight" value={value('weight')} />
      <Item name="predicted ΔH" value={value('predictedChange')} unit="nats" />
      <Item name="realised ΔH" value={value('realisedChange')} unit="nats" />
      {(flag & TOKEN_FLAGS.selected) !== 0 && <Item name="selected" value="by the variant" />}
      {(flag & TOKEN_FLAGS.clipped) !== 0 && <Item name="clipped" value="no gradient" />}
    </dl>
  );
}

function Item({ name, value, unit }: { readonly name: string; readonly value: string; readonly unit?: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd data-name={name}>
        {value}
        {unit && value !== '–' && <small> {unit}</small>}
      </dd>
    </div>
  );
}
