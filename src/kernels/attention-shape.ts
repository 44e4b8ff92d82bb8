/** The numbers that every attention kernel shares, and which keys a query sees. */

export interface AttentionShape {
  /** Queries. */
  readonly count: number;
  /** Query heads; a multiple of kvHeads. */
  readonly heads: number;
  readonly kvHeads: number;
  readonly headWidth: number;
  /** How many positions back a query sees, itself included; 0 for all. */
  readonly window: number;
  /** Multiplies scores before the softmax. */
  readonly scale: number;
}

/** The key head that a query head reads: neighbours share one. */
export function keyHeadOf(head: number, { heads, kvHeads }: AttentionShape): number {
  return Math.floor((head * kvHeads) / heads);
}

/** The rows of keys that one query sees, in order of position. */
export function seenKeys(ranges: Uint32Array, row: number, window: number): readonly number[] {
  const [prefixStart = 0, prefixEnd = 0, ownStart = 0, ownEnd = 0] = ranges.subarray(row * 4, row * 4 + 4);
  const rows: number[] = [];
  for (let j = prefixStart; j < prefixEnd; j++) rows.push(j);
  for (let j = ownStart; j < ownEnd; j++) rows.push(j);
  return window > 0 ? rows.slice(-window) : rows;
}
