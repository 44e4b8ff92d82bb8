/** The worker that trains in a page: holds the engine, speaks plain data. */

import { plainError } from '../../src/browser.ts';
import type { FromLive, ToLive } from '../data/live.ts';
import { LiveSession } from './live-session.ts';

serve();

function serve(): void {
  const stopping = new AbortController();
  const gate = pauseGate();
  let session: LiveSession | null = null;
  addEventListener('message', ({ data }: MessageEvent<ToLive>) => {
    switch (data.kind) {
      case 'start':
        session = new LiveSession(data.request, { say, signal: stopping.signal, pause: gate.pass });
        session.perform().catch((error: unknown) => say({ kind: 'failed', error: plainError(error) }));
        break;
      case 'change':
        void session?.change(data);
        break;
      case 'pause':
        gate.close();
        break;
      case 'step':
        gate.letThrough(session?.training ?? 0);
        break;
      case 'continue':
        gate.open();
        break;
      case 'watch':
        session?.watch(data.probe);
        break;
      case 'stop':
        stopping.abort();
        gate.open();
        break;
    }
  });
}

/** Where runs wait between two steps while the page has asked for a pause; it is told once, when they do. */
function pauseGate() {
  const gate = { isClosed: false, isSaid: false, /** Steps that may be taken all the same. */ allowed: 0, wake: (): void => {} };
  return {
    close(): void {
      gate.isClosed = true;
      gate.allowed = 0;
    },
    letThrough(steps: number): void {
      gate.allowed = steps;
      gate.isSaid = false;
      gate.wake();
    },
    open(): void {
      if (gate.isSaid) say({ kind: 'continued' });
      gate.isClosed = gate.isSaid = false;
      gate.wake();
    },
    async pass(): Promise<void> {
      while (gate.isClosed && gate.allowed === 0) {
        if (!gate.isSaid) say({ kind: 'paused' });
        gate.isSaid = true;
        await new Promise<void>((resolve) => (gate.wake = resolve));
      }
      if (gate.isClosed) gate.allowed--;
    },
  };
}

function say(message: FromLive): void {
  postMessage(message);
}
