/** Some groups of a batch, with the whole batch's means: what a recording keeps of most steps. */

import { type TokenBatch, TOKEN_COLUMNS, type TokenColumn, type TokenRow } from './frame.ts';

/** The groups whose rewards differ most, in the batch's order. */
export function partOf(batch: TokenBatch, groups: number): TokenBatch {
  const kept = new Set(
    [...new Set(batch.rows.map(({ group }) => group))]
      .map((group) => ({ group, evenness: evennessOf(batch.rows.filter((row) => row.group === group)) }))
      .toSorted((a, b) => b.evenness - a.evenness)
      .slice(0, groups)
      .map(({ group }) => group),
  );
  const rows = batch.rows.filter(({ group }) => kept.has(group));
  const places = rows.flatMap(({ start, ids }) => ids.map((_, t) => start + t));
  let start = 0;
  const moved = rows.map((row): TokenRow => {
    const its = { ...row, start };
    start += row.ids.length;
    return its;
  });
  const columns = Object.fromEntries(TOKEN_COLUMNS.map((name) => [name, Float32Array.from(places, (at) => batch.columns[name][at]!)])) as Record<
    TokenColumn,
    Float32Array
  >;
  return { ...batch, isWhole: false, rows: moved, columns, flags: Uint8Array.from(places, (at) => batch.flags[at]!) };
}

/** 0 where all rewards are alike, more where both kinds are frequent. */
function evennessOf(rows: readonly TokenRow[]): number {
  const mean = rows.reduce((sum, { reward }) => sum + reward, 0) / rows.length;
  return rows.reduce((sum, { reward }) => sum + (reward - mean) ** 2, 0) / rows.length;
}
