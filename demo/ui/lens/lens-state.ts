/** The lens's state: the batch it looks at, what its worker says of it, and the weight being written. */

import { type Signal, signal } from '@preact/signals';
import type { TokenBatch } from '../../data/frame.ts';
import type { ExpressionProblem } from '../../lens/expression.ts';
import type { LensReading, LensRow } from '../../lens/reading.ts';
import type { FromLens, ToLens } from './protocol.ts';

export interface LensAnswer {
  readonly batch: TokenBatch;
  readonly reading: LensReading;
  readonly milliseconds: number;
}

export interface LensState {
  readonly answer: Signal<LensAnswer | null>;
  readonly failure: Signal<string | null>;
  readonly own: Signal<LensRow | null>;
  readonly problem: Signal<ExpressionProblem | null>;
  read(batch: TokenBatch): void;
  weigh(text: string): void;
}

export function createLensState(): LensState {
  const answer = signal<LensAnswer | null>(null);
  const failure = signal<string | null>(null);
  const own = signal<LensRow | null>(null);
  const problem = signal<ExpressionProblem | null>(null);
  const worker = new Worker(new URL('./lens-worker.ts', import.meta.url), { type: 'module' });
  // Only the last question of each kind is answered: the others are out of date.
  let [reads, weighs] = [0, 0];
  let asked: TokenBatch | null = null;
  let typed = '';
  const say = (message: ToLens): void => worker.postMessage(message);

  worker.addEventListener('message', ({ data }: MessageEvent<FromLens>) => {
    if (data.kind === 'reading' && data.id === reads && asked) {
      answer.value = { batch: asked, reading: data.reading, milliseconds: data.milliseconds };
      failure.value = null;
    } else if (data.kind === 'failed') failure.value = data.message;
    else if (data.id === weighs && data.kind === 'row') {
      own.value = data.row;
      problem.value = null;
    } else if (data.id === weighs && data.kind === 'problem') problem.value = data.problem;
  });
  worker.addEventListener('error', ({ message }) => (failure.value = `The lens's worker stopped: ${message || 'its script did not load'}. Reload the page.`));

  const weigh = (text: string): void => {
    typed = text;
    if (text.trim() === '') {
      own.value = null;
      problem.value = null;
    } else say({ kind: 'weigh', id: ++weighs, text });
  };
  return {
    answer,
    failure,
    own,
    problem,
    read(batch) {
      if (batch === asked) return;
      asked = batch;
      say({ kind: 'read', id: ++reads, batch });
      weigh(typed);
    },
    weigh,
  };
}
