/** A chart's numbers as a table, made when it is opened. */

import { useSignal } from '@preact/signals';
import { decimals } from '../figures.ts';
import type { ChartData } from './series.ts';

/** Rows shown; of longer runs every so many steps. */
const ROWS = 60;

interface ChartTableProps {
  readonly title: string;
  readonly data: ChartData;
  readonly places: number;
}

export function ChartTable({ title, data, places }: ChartTableProps) {
  const isOpen = useSignal(false);
  return (
    <details class="numbers" onToggle={({ currentTarget }) => (isOpen.value = currentTarget.open)}>
      <summary>
        Table<span class="hidden-text"> of {title}</span>
      </summary>
      {isOpen.value && (
        <div class="scroll" tabIndex={0} role="region" aria-label={`${title}, table`}>
          <table>
            <thead>
              <tr>
                <th scope="col">step</th>
                {data.series.map(({ side, label, line }) => (
                  <th scope="col" key={`${side}${line.metric}`}>
                    {side} {label}, {line.name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rowsOf(data).map((i) => (
                <tr key={data.steps[i]}>
                  <th scope="row">{data.steps[i]}</th>
                  {data.series.map(({ side, line, mean }) => (
                    <td key={`${side}${line.metric}`}>{decimals(mean[i] ?? undefined, places)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </details>
  );
}

function rowsOf({ steps }: ChartData): number[] {
  const every = Math.max(1, Math.ceil(steps.length / ROWS));
  return steps.flatMap((_, i) => (i % every === 0 || i === steps.length - 1 ? [i] : []));
}
