/** A wait that nothing can end any more: Node would leave in the middle of a command, without a word and with code 13. */

/** What tells that nothing is left to do: `process`, or a stand-in. */
export interface LoopSource {
  exitCode?: number | string | null | undefined;
  once(event: 'beforeExit', listener: () => void): unknown;
  off(event: 'beforeExit', listener: () => void): unknown;
}

/** Does the work, and where it comes to a stall, tells so and ends with 1. */
export async function tellingStall<T>(source: LoopSource, say: (text: string) => void, work: () => Promise<T>): Promise<T> {
  const listener = () => {
    say(
      'entrain: expected an answer, got a wait that nothing can end: most likely a reward function returned a promise that is never settled. What was written before is intact: mend it and run the same command again.\n',
    );
    source.exitCode = 1;
  };
  source.once('beforeExit', listener);
  try {
    return await work();
  } finally {
    source.off('beforeExit', listener);
  }
}
