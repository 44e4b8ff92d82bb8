/** A wait that nothing can end any more: Node would leave in the middle of a command, without a word and with code 13. */

/** What tells that nothing is left to do: `process`, or a stand-in. */
export interface LoopSource {
  exitCode?: number | string | null | undefined;
  once(event: 'beforeExit', listener: () => void): unknown;
  off(event: 'beforeExit', listener: () => void): unknown;
}

/** Tells of a stall, and ends with 1, until the function that it returns is called. */
export function tellStall(source: LoopSource, say: (text: string) => void): () => void {
  const listener = () => {
    say(
      'entrain: expected an answer, got a wait that nothing can end: most likely a reward function returned a promise that is never settled. What was written before is intact: mend it and run the same command again.\n',
    );
    source.exitCode = 1;
  };
  source.once('beforeExit', listener);
  return () => void source.off('beforeExit', listener);
}
