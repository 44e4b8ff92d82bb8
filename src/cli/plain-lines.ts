/** A run as plain lines, one a step: for pipes, log files and terminals that cannot redraw. */

import { type RunObserver, silent } from '../trainer/observer.ts';
import { Progress } from './progress.ts';
import { completionsTable, endLines, evaluationLine, startLine, stepLine } from './step-line.ts';

export interface LineOptions {
  /** Takes whole lines, each with its end. */
  readonly write: (text: string) => void | Promise<void>;
  /** Steps between lines. */
  readonly every: number;
  /** Steps between tables of completions; null = none. */
  readonly printCompletions: number | null;
  readonly width: number;
}

export function plainLines({ write, every, printCompletions, width }: LineOptions): RunObserver {
  const progress = new Progress();
  const line = (text: string) => write(`${text}\n`);
  return {
    ...silent,
    started(info) {
      progress.info = info;
      return line(startLine(info));
    },
    step(row) {
      progress.add(row);
      const isShown = row.step % every === 0 || row.step === progress.steps;
      const text = isShown ? stepLine(row, progress.steps, progress.secondsLeft) : undefined;
      return text === undefined ? undefined : line(text);
    },
    evaluated: (step, metrics) => line(evaluationLine(step, metrics)),
    completions(step, samples) {
      const isShown = printCompletions !== null && step % printCompletions === 0;
      return isShown ? line(completionsTable(step, samples, width).join('\n')) : undefined;
    },
    note: (message) => line(`note: ${message}`),
    warning: (message) => line(`warning: ${message}`),
    finished: (summary) => line(endLines(summary).join('\n')),
  };
}
