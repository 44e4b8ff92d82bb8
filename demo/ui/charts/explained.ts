/** What the lines of a chart measure, in words. */

import { noteOfMetric } from '../../../src/index.ts';
import type { ChartSpec } from './chart-list.ts';

/** Each line with its unit, from the same table as docs/metrics.md. */
export function explained({ lines }: ChartSpec): string {
  return lines
    .map(({ metric, name }) => {
      const note = noteOfMetric(metric);
      return note ? `${name}: ${note.meaning}${note.unit === undefined ? '' : ` (${note.unit})`}` : name;
    })
    .join('\n');
}
