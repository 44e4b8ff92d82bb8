/** The names of the streams that are thick enough, at the river's head. */

import { useComputed } from '@preact/signals';
import { percent } from '../figures.ts';
import { usePage } from '../state/page-state.ts';
import type { BandPlan } from './bands.ts';
import { type Column, columnAt, labelsAt, type RiverBox } from './geometry.ts';

const LINE_HEIGHT = 13;

interface StreamLabelsProps {
  readonly columns: readonly Column[];
  readonly plan: BandPlan;
  readonly box: RiverBox;
}

export function StreamLabels({ columns, plan, box }: StreamLabelsProps) {
  const { step } = usePage();
  const column = useComputed(() => columnAt(columns, step.value)).value;
  if (!column) return null;
  return (
    <div class="stream-labels" style={{ transform: `translateX(${column.x + 6}px)` }} aria-hidden="true">
      {labelsAt(column, plan, box.height, LINE_HEIGHT).map(({ answer, y, share }) => (
        <span key={answer} style={{ top: `${y}px` }}>
          {answer} <b>{percent(share)}</b>
        </span>
      ))}
    </div>
  );
}
