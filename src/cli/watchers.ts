/** Who shows a run on the terminal: dashboard, plain lines, JSON lines, or nobody. */

import { type RunObserver, silent } from '../trainer/observer.ts';
import { dashboard } from './dashboard.ts';
import { jsonLines } from './json-lines.ts';
import { plainLines } from './plain-lines.ts';
import { endLines } from './step-line.ts';
import type { Terminal } from './terminal.ts';

export interface WatchOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  /** From `log`. */
  readonly every: number;
  readonly printCompletions: number | null;
  readonly hasConsole: boolean;
}

export function terminalWatcher(terminal: Terminal, options: WatchOptions): RunObserver {
  const { json, quiet, every, printCompletions, hasConsole } = options;
  if (json) return jsonLines(terminal.out);
  if (quiet || !hasConsole) return { ...silent, finished: (summary) => terminal.out(`${endLines(summary).join('\n')}\n`) };
  if (terminal.isInteractive) return dashboard(process.stdout, { hasColour: terminal.hasColour, printCompletions });
  return plainLines({ write: terminal.out, every, printCompletions, width: terminal.columns() });
}
