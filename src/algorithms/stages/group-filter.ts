/** Which groups are worth an update, asked before the batch is full so that sampling can go on. */

import type { Group } from '../algorithm.ts';

export type GroupFilter =
  /** Keeps groups whose rewards differ, and groups of one (DAPO's dynamic sampling). A missing reward differs from none. */
  | { readonly rule: 'spread' }
  /** Keeps groups whose mean lies strictly between. */
  | { readonly rule: 'mean'; readonly low: number; readonly high: number };

/**
 * Whether a group passes, by a metric of its rows: the reward, or a part of it.
 *
 * @source Yu et al. 2025 (DAPO), arXiv:2503.14476, as in verl; the range of means as in EasyR1
 */
export function keepsGroup(metric: ArrayLike<number>, { rows }: Group, filter: GroupFilter): boolean {
  const values = rows.map((row) => metric[row]!);
  if (filter.rule === 'spread') {
    const known = values.filter((value) => !Number.isNaN(value));
    return rows.length === 1 || known.some((value) => value !== known[0]);
  }
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return filter.low < mean && mean < filter.high;
}
