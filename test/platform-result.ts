/** What passed where, written down by the tests themselves: one file a result, for `npm run platforms`. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface PlatformResult {
  /** With its version: `Node 20.20.2`. */
  readonly runtime: string;
  /** What computes, with its version: `Dawn (webgpu 0.6.2)`. */
  readonly webgpu: string;
  readonly adapter: string;
  readonly check: 'kernels' | 'training' | 'run control' | 'failures' | 'parity and travel';
  /** `70 of 70`, `2 steps`. */
  readonly passed: string;
}

/** Writes a result where ENTRAIN_RESULTS names a folder; called only when the check has passed. */
export function platformPassed(result: PlatformResult): void {
  const folder = process.env['ENTRAIN_RESULTS'];
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  const name = `${result.runtime} ${result.webgpu} ${result.adapter} ${result.check}`.replace(/[^\w.]+/g, '-');
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(result)}\n`);
}
