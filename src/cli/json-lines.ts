/** A run as one JSON object a line, for programs: `{"event":"step",…}`. Numbers that are not finite are texts. */

import { lineOf } from '../trainer/metrics-file.ts';
import { type RunObserver, silent } from '../trainer/observer.ts';

export function jsonLines(write: (text: string) => void): RunObserver {
  const tell = (event: string, fields: object) => write(lineOf({ event, ...fields }));
  return {
    ...silent,
    started: (info) => tell('started', info),
    step: (row) => tell('step', row),
    evaluated: (step, metrics) => tell('evaluated', { step, ...metrics }),
    note: (message) => tell('note', { message }),
    warning: (message) => tell('warning', { message }),
    finished: (summary) => tell('finished', summary),
  };
}
