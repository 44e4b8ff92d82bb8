/** Ctrl-C: the first asks a run (or an export) to stop in good order, the second quits at once. */

/** What tells of signals: `process`, or a stand-in. */
export interface SignalSource {
  on(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  off(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
}

export interface Interrupts {
  readonly signal: AbortSignal;
  /** Gives the signals back. */
  release(): void;
}

const stopsRun = 'stopping after this step, with a checkpoint';

export function watchInterrupts(source: SignalSource, say: (message: string) => void, quit: () => void, stopping = stopsRun): Interrupts {
  const controller = new AbortController();
  const listener = () => {
    if (controller.signal.aborted) return quit();
    say(`${stopping}; once more quits at once`);
    controller.abort();
  };
  source.on('SIGINT', listener);
  source.on('SIGTERM', listener);
  return {
    signal: controller.signal,
    release() {
      source.off('SIGINT', listener);
      source.off('SIGTERM', listener);
    },
  };
}
