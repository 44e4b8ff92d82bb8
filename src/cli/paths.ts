/** Paths as people read them. */

import { relative } from 'node:path';

/** From the working folder where the path lies below it, else the whole path. */
export function shortPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
}
