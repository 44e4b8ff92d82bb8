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

/** A stream that may break, and how the work is told: `interrupt` says whether anything minded. */
export interface Outlet {
  readonly stream: { on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown };
  readonly interrupt: () => boolean;
  readonly say: (message: string) => void;
  readonly quit: (code: number) => void;
}

/** Where nobody reads on, a run stops as after Ctrl-C, with its checkpoint, and anything else ends at once. `entrain … | head` is no error, a full disk is. */
export function endWhereBroken({ stream, interrupt, say, quit }: Outlet): void {
  let isBroken = false;
  stream.on('error', ({ code, message }) => {
    if (isBroken) return;
    isBroken = true;
    if (code !== 'EPIPE') say(`output: expected to write what is told, got ${message}. Send it elsewhere, and run the same command again.`);
    if (!interrupt()) quit(code === 'EPIPE' ? 0 : 1);
  });
}

/** The terminal of this process. */
export function processTerminal(): Terminal {
  const { stdout, stderr, env } = process;
  const outlet = { interrupt: () => process.emit('SIGINT'), say: (message: string) => void stderr.write(`${message}\n`), quit: process.exit };
  for (const stream of [stdout, stderr]) endWhereBroken({ ...outlet, stream });
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    isInteractive: stdout.isTTY && stdout.columns > 0 && stdout.rows > 0 && env['TERM'] !== 'dumb' && env['CI'] === undefined,
    hasColour: stdout.isTTY && env['NO_COLOR'] === undefined && env['TERM'] !== 'dumb',
    columns: () => stdout.columns || 100,
  };
}
