/** Where entropy goes: what a variant predicts for four kinds of token, beside what the step that the run took did to them. */

import type { EntropyLedger, LensReading, LensRow } from '../../lens/reading.ts';
import { decimals, percent, signedShort } from '../figures.ts';

const PARTS: readonly (readonly [part: keyof EntropyLedger, name: string])[] = [
  ['goodLikely', 'good, likely'],
  ['goodUnlikely', 'good, unlikely'],
  ['badLikely', 'bad, likely'],
  ['badUnlikely', 'bad, unlikely'],
  ['total', 'all'],
];

export function EntropyLedgerTable({ row, reading: { shares, realised } }: { readonly row: LensRow; readonly reading: LensReading }) {
  return (
    <section class="parts figures" aria-labelledby="parts-title">
      <h3 id="parts-title">Where entropy goes</h3>
      <table>
        <thead>
          <tr>
            <th scope="col" title="good: advantage above 0; likely: log p above the batch’s mean">
              tokens
            </th>
            <th scope="col" title="Share of the batch’s tokens">
              share
            </th>
            <th scope="col" title={`Along the weights of ${row.variant.label}: mean change of entropy over all tokens for a step of 1, to first order, nats`}>
              predicted ΔH
            </th>
            {realised && (
              <th scope="col" title="Mean change of entropy over all tokens by the step that the run itself took, nats">
                realised ΔH
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {PARTS.map(([part, name]) => (
            <tr key={part}>
              <th scope="row">{name}</th>
              <td>{percent(shares[part])}</td>
              <td>{signedShort(row.ledger[part])}</td>
              {realised && <td>{signedShort(realised.ledger[part])}</td>}
            </tr>
          ))}
        </tbody>
      </table>
      {realised && (
        <p class="soft">
          Token by token, what the run’s own weights predict and what its step did go together with r = {decimals(realised.correlation)}: each token is
          predicted as if it moved alone, and a step moves weights that all of them share.
        </p>
      )}
    </section>
  );
}
