/**
 * A worker that runs one recipe. Start it from a page:
 *
 *     const run = startRun(new Worker(new URL('entrain/worker', import.meta.url), { type: 'module' }), request);
 */

import type { RunObserver } from '../trainer/observer.ts';
import { PauseGate } from './pause-gate.ts';
import { performRun, type RunControl } from './perform-run.ts';
import { plainError } from './plain-error.ts';
import type { FromWorker, RunRequest, Told, ToldName, ToWorker } from './protocol.ts';

serve();

function serve(): void {
  const gate = new PauseGate();
  const stopping = new AbortController();
  const control: RunControl = {
    observer: toldToPage(),
    signal: stopping.signal,
    wait: (step) => waitAt(gate, step),
    opened: (opened) => say({ kind: 'opened', opened }),
  };
  addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
    switch (data.kind) {
      case 'start':
        void run(data.request, control);
        break;
      case 'pause':
        gate.close();
        break;
      case 'continue':
        gate.open();
        break;
      case 'stop':
        stopping.abort();
        gate.open();
        break;
    }
  });
}

async function run(request: RunRequest, control: RunControl): Promise<void> {
  try {
    say({ kind: 'ended', summary: await performRun(request, control) });
  } catch (error) {
    say({ kind: 'failed', error: plainError(error) });
  }
}

/** Lets messages in, which promises that are always ready would keep out; then waits while the run is paused. */
async function waitAt(gate: PauseGate, step: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
  if (!gate.isClosed) return;
  say({ kind: 'paused', step });
  await gate.pass();
  say({ kind: 'continued' });
}

function toldToPage(): RunObserver {
  const tell =
    <K extends ToldName>(event: K) =>
    (...values: Parameters<RunObserver[K]>): void =>
      say({ kind: 'told', event, values } as Told);
  return {
    started: tell('started'),
    resumed: tell('resumed'),
    step: tell('step'),
    event: tell('event'),
    evaluated: tell('evaluated'),
    completions: tell('completions'),
    note: tell('note'),
    warning: tell('warning'),
    finished: tell('finished'),
    bookmark: () => Promise.resolve({}),
  };
}

function say(message: FromWorker): void {
  postMessage(message);
}
