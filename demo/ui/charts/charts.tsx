/** The charts under the rivers. */

import { Chart } from './chart.tsx';
import { ENTROPY_CHART, REWARD_CHART, SMALL_CHARTS } from './chart-list.ts';
import { LawChart } from './law-chart.tsx';

export function Charts() {
  return (
    <div class="charts">
      <Chart spec={REWARD_CHART} />
      <Chart spec={ENTROPY_CHART} />
      <LawChart />
      {SMALL_CHARTS.map((spec) => (
        <Chart key={spec.title} spec={spec} height={96} />
      ))}
    </div>
  );
}
