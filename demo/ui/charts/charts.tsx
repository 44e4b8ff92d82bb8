/** The charts under the rivers. */

import { noteOfMetric } from '../../../src/index.ts';
import { Chart } from './chart.tsx';
import { ENTROPY_CHART, REWARD_CHART, SMALL_CHARTS, type ChartSpec } from './chart-list.ts';
import { LawChart } from './law-chart.tsx';

export function Charts() {
  return (
    <div class="charts">
      <Chart spec={REWARD_CHART} explain={explain(REWARD_CHART)} />
      <Chart spec={ENTROPY_CHART} explain={explain(ENTROPY_CHART)} />
      <LawChart />
      {SMALL_CHARTS.map((spec) => (
        <Chart key={spec.title} spec={spec} height={96} explain={explain(spec)} />
      ))}
    </div>
  );
}

/** What each line of a chart measures, with its unit, from the same table as docs/metrics.md. */
function explain({ lines }: ChartSpec): string {
  return lines
    .map(({ metric, name }) => {
      const note = noteOfMetric(metric);
      return note ? `${name}: ${note.meaning}${note.unit === undefined ? '' : ` (${note.unit})`}` : name;
    })
    .join('\n');
}
