/** The command line in a process of its own, under Node or Deno, beside a browser. */

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
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

/** The permissions that deno.json gives a task of the command line, as flags. */
export function taskPermissions(): string[] {
  const { tasks } = JSON.parse(readFileSync(join(root, 'deno.json'), 'utf8')) as { readonly tasks: Readonly<Record<string, string>> };
  const flags = tasks['entrain']!.replaceAll('$HOME', homedir()).split(' ');
  return flags.filter((flag) => flag.startsWith('--'));
}

/** Runs `entrain …` under Deno with the permissions of its task, and leave to write below a folder. */
export function entrainUnderDeno(deno: string, words: readonly string[], folder: string, permissions: readonly string[] = taskPermissions()): Promise<Ended> {
  const given = permissions.map((flag) => (flag.startsWith('--allow-write=') ? `${flag},${folder}` : flag));
  return run(deno, ['run', ...given, join(root, 'src/cli/main.ts'), ...words], root);
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
