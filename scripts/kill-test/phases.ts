/** Loaded into the killed process before the command line: tells its parent, over a pipe, which phase of a step begins and ends. */

import { writeSync } from 'node:fs';
import { StepReport } from '../../src/trainer/step-report.ts';

/** The pipe's file descriptor. */
const PIPE = 3;

const timed = StepReport.prototype.timed;

StepReport.prototype.timed = async function <T>(this: StepReport, phase: string, work: () => Promise<T>): Promise<T> {
  writeSync(PIPE, `${phase} ${this.step}\n`);
  const result = await timed.call(this, phase, work);
  writeSync(PIPE, `between ${this.step}\n`);
  return result as T;
};
