/** Where the command line writes. Tests pass one that collects. */

export interface Terminal {
  /** Results, to standard output. */
  readonly out: (text: string) => void;
  /** Notes, warnings and errors, to standard error. */
  readonly err: (text: string) => void;
  /** A person watches and the cursor can be moved. */
  readonly isInteractive: boolean;
  readonly hasColour: boolean;
  readonly columns: () => number;
}

/** The terminal of this process. */
export function processTerminal(): Terminal {
  const { stdout, stderr, env } = process;
  // `entrain … | head` closes the pipe early; that is no error.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    isInteractive: stdout.isTTY && stdout.columns > 0 && stdout.rows > 0 && env['TERM'] !== 'dumb' && env['CI'] === undefined,
    hasColour: stdout.isTTY && env['NO_COLOR'] === undefined && env['TERM'] !== 'dumb',
    columns: () => stdout.columns || 100,
  };
}
