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

/** Where runs wait between two steps while the page has asked for a pause; it is told once, when they do. */
function pauseGate() {
  let waiting: { readonly promise: Promise<void>; readonly open: () => void; isSaid: boolean } | null = null;
  return {
    close(): void {
      let open = (): void => {};
      const promise = new Promise<void>((resolve) => (open = resolve));
      waiting ??= { promise, open, isSaid: false };
    },
    open(): void {
      if (waiting?.isSaid) say({ kind: 'continued' });
      waiting?.open();
      waiting = null;
    },
    async pass(): Promise<void> {
      if (!waiting) return;
      if (!waiting.isSaid) say({ kind: 'paused' });
      waiting.isSaid = true;
      await waiting.promise;
    },
  };
}

function say(message: FromLive): void {
  postMessage(message);
}
