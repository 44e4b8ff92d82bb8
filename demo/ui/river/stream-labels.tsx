/** The names of the streams that are thick enough, at the river's head. */

import type { ReadonlySignal } from '@preact/signals';
import { percent } from '../figures.ts';
import { usePage } from '../state/page-state.ts';
import { useDerived } from '../use-derived.ts';
import type { BandPlan } from './bands.ts';
import { type Column, columnAt, labelsAt, type RiverBox } from './geometry.ts';

const LINE_HEIGHT = 13;

interface StreamLabelsProps {
  readonly columns: readonly Column[];
  readonly plan: BandPlan;
  readonly box: RiverBox;
  readonly headX: ReadonlySignal<number>;
}

export function StreamLabels({ columns, plan, box, headX }: StreamLabelsProps) {
  const { step } = usePage();
  const style = useDerived(() => `transform: translateX(${headX.value + 6}px)`, [headX]);
  const column = useDerived(() => columnAt(columns, step.value), [columns]).value;
  if (!column) return null;
  return (
    <div class="stream-labels" style={style} aria-hidden="true">
      {labelsAt(column, plan, box.height, LINE_HEIGHT).map(({ answer, y, share }) => (
        <span key={answer} style={{ top: `${y}px` }}>
          {answer} <b>{percent(share)}</b>
        </span>
      ))}
    </div>
  );
}
