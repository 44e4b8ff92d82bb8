/** The numbers that every attention kernel shares, how the work is cut into lanes, and which keys a query sees. */

import type { DeviceTraits } from '../gpu/traits.ts';

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

/** How the work is cut into lanes: from widths and the adapter alone, so that no row's bits depend on the others. */
export interface AttentionLanes {
  /** 1 where neighbouring lanes should have neighbouring rows rather than heads. */
  readonly rowsFirst: number;
  /** Heads of one query to a lane, all reading the same key head. */
  readonly shared: number;
  /** Keys to a lane, on the way back. */
  readonly keys: number;
}

/** Dimensions up to which the shaders keep a head in registers by name; longer heads are loops. */
const UNROLLED = 32;

/**
 * Returns the cut for one adapter.
 *
 * On a CPU adapter loads are what costs, so a lane shares them between the heads of a key: 1.9 times as fast for 2 heads of 16. How many is
 * held down by lavapipe's compiler, which takes 0.8 s for 32 unrolled dimensions and twice that for as many on the way back.
 */
export function attentionLanes({ tier }: DeviceTraits, { heads, kvHeads, headWidth }: AttentionShape): Record<'forward' | 'backward', AttentionLanes> {
  if (tier !== 'software') {
    const one = { rowsFirst: 1, shared: 1, keys: 1 };
    return { forward: one, backward: one };
  }
  const group = heads / kvHeads;
  const isUnrolled = headWidth <= UNROLLED;
  const most = Math.max(1, Math.floor((isUnrolled ? UNROLLED : 192) / headWidth));
  let shared = Math.min(group, most);
  while (group % shared !== 0) shared--;
  return {
    forward: { rowsFirst: 0, shared, keys: 1 },
    backward: isUnrolled ? { rowsFirst: 0, shared: 1, keys: 1 } : { rowsFirst: 0, shared, keys: 2 },
  };
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
