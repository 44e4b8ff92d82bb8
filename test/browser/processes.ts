/** The command line in a process of its own, under Node or Deno, beside a browser. */

import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** Runs `entrain …` under Node. */
export function entrain(words: readonly string[]): Promise<Ended> {
  return run(process.execPath, ['--import', 'tsx', join(root, 'src/cli/main.ts'), ...words], root);
}

/** Runs `entrain …` under Deno with the permissions of `deno task train`. */
export function entrainUnderDeno(deno: string, words: readonly string[]): Promise<Ended> {
  return run(deno, ['task', '--quiet', 'entrain', ...words], root);
}

/** Deno's program: ENTRAIN_DENO, or the first on the path; undefined where there is none. */
export function findDeno(): string | undefined {
  const { ENTRAIN_DENO: named, PATH: path = '' } = process.env;
  const found =
    named ??
    path
      .split(delimiter)
      .map((folder) => join(folder, 'deno'))
      .find((file) => existsSync(file));
  return found !== undefined && spawnSync(found, ['--version']).status === 0 ? found : undefined;
}

function run(program: string, words: readonly string[], cwd: string): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (output += part.toString()));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}
