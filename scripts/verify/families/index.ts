/** What can be checked: family → algorithm → computation. A new family is a file beside this one and a line here. */

import type { Family } from '../algorithms.ts';
import { tokenStats } from './token-stats.ts';

export const families: Readonly<Record<string, Family>> = {
  token_stats: tokenStats,
};
