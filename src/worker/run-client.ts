/** A page's hold on a run in a worker. */

import { TrainerError } from '../base/errors.ts';
import type { RunObserver, TrainSummary } from '../trainer/observer.ts';
import { revivedError } from './plain-error.ts';
import type { FromWorker, OpenedRun, RunRequest, Told, ToldName, ToWorker } from './protocol.ts';

/** Give only the events you want. */
export interface PageObserver extends Partial<Pick<RunObserver, ToldName>> {
  /** Device and folder are open; the first step is about to be taken. */
  opened?(run: OpenedRun): void;
  paused?(step: number): void;
  continued?(): void;
}

/** A run in a worker, seen from its page. */
export interface PageRun {
  /** Finishes the step in progress and waits. */
  pause(): void;
  continue(): void;
  /** Finishes the step in progress, writes a checkpoint and ends. */
  stop(): void;
  /** How the run ended. @throws TrainerError of the kind that says who can mend it; what was saved is intact */
  readonly done: Promise<TrainSummary>;
}

/**
 * Starts a run in a worker of its own, which is gone when the run has ended.
 *
 *     const worker = new Worker(new URL('entrain/worker', import.meta.url), { type: 'module' });
 *     const run = startRun(worker, request, { step: ({ step, reward }) => console.log(step, reward) });
 */
export function startRun(worker: Worker, request: RunRequest, observer: PageObserver = {}): PageRun {
  const say = (message: ToWorker): void => worker.postMessage(message);
  const done = new Promise<TrainSummary>((resolve, reject) => {
    worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
      if (data.kind === 'ended') resolve(data.summary);
      else if (data.kind === 'failed') reject(revivedError(data.error));
      else tell(observer, data);
    });
    worker.addEventListener('error', ({ message }) =>
      reject(new TrainerError(`the run's worker: expected it to run, got: ${message || 'a script that does not load'}. What was saved is intact.`)),
    );
  }).finally(() => worker.terminate());
  void navigator.storage.persist(); // else a browser short of space may clear the run
  say({ kind: 'start', request });
  return { pause: () => say({ kind: 'pause' }), continue: () => say({ kind: 'continue' }), stop: () => say({ kind: 'stop' }), done };
}

type Watched = Exclude<FromWorker, { readonly kind: 'ended' | 'failed' }>;

function tell(observer: PageObserver, message: Watched): void {
  switch (message.kind) {
    case 'opened':
      observer.opened?.(message.opened);
      break;
    case 'paused':
      observer.paused?.(message.step);
      break;
    case 'continued':
      observer.continued?.();
      break;
    case 'told':
      void call(observer, message);
      break;
  }
}

function call(observer: PageObserver, { event, values }: Told): unknown {
  const listener = observer[event] as ((...values: readonly unknown[]) => unknown) | undefined;
  return listener?.apply(observer, [...values]);
}
