/**
 * Runs the checks of every runtime and adapter at hand, and writes docs/platforms.md from what they wrote down.
 *
 *   npm run platforms                 ENTRAIN_DENO names Deno's program where it is not on the path
 *
 * Exits with 1, and leaves the page as it was, where a check failed.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findDeno } from '../test/browser/processes.ts';
import type { PlatformResult } from '../test/platform-result.ts';
import { testAdapters } from '../test/tiers.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const SMOKE = 'test/deno/smoke.ts';

const CHECKS: readonly PlatformResult['check'][] = ['kernels', 'training', 'run control', 'failures', 'parity and travel'];

/** The page, from what passed and what could not be run. */
export function platformsPage(results: readonly PlatformResult[], notRun: readonly string[]): string {
  const rows = [...new Set(results.map(placeOf))].toSorted().map((place) => {
    const its = results.filter((result) => placeOf(result) === place);
    const { runtime, webgpu, adapter } = its[0]!;
    return [runtime, webgpu, adapter, ...CHECKS.map((check) => its.find((result) => result.check === check)?.passed ?? '')];
  });
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    '<!-- Made by `npm run platforms` from the results of the tests. Do not edit. -->',
    '',
    '# Where it runs',
    '',
    'What passed, with the versions it passed with. *Kernels*: those that agree with their float64 reference, of all. *Training*: a run to its end.',
    'An empty cell is a check that was not made there; nothing here was inferred. Adapters for the processor say nothing about the speed of a GPU.',
    '',
    line(['runtime', 'WebGPU', 'adapter', ...CHECKS]),
    line(Array.from({ length: 3 + CHECKS.length }, () => '---')),
    ...rows.map(line),
    '',
    ...notRun.map((reason) => `- Not run: ${reason}.`),
    '',
  ].join('\n');
}

function placeOf({ runtime, webgpu, adapter }: PlatformResult): string {
  return `${runtime} ${webgpu} ${adapter}`;
}

function main(): void {
  const folder = mkdtempSync(join(tmpdir(), 'entrain-results-'));
  const deno = findDeno();
  const { present, notRun } = testAdapters();
  const run = (program: string, words: readonly string[], env: Readonly<Record<string, string>> = {}): boolean =>
    spawnSync(program, words, { cwd: root, stdio: 'inherit', env: { ...process.env, ENTRAIN_RESULTS: folder, ...env } }).status === 0;
  const underDeno = (adapter: string): boolean => run(deno!, ['test', ...denoFlags(folder), SMOKE], { ENTRAIN_TEST_ADAPTER: adapter });
  try {
    const passed = [
      ...present.map((adapter) => run(process.execPath, ['--import', 'tsx', '--test', SMOKE], { ENTRAIN_TEST_ADAPTER: adapter })),
      ...(deno === undefined ? [] : [...present, 'native'].map(underDeno)),
      run('npm', ['run', 'test:browser'], deno === undefined ? {} : { ENTRAIN_DENO: deno }),
    ];
    process.exitCode = passed.every(Boolean) ? 0 : 1;
    if (process.exitCode !== 0) return;
    const results = readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as PlatformResult);
    const missing = [...notRun, ...(deno === undefined ? ['Deno (none on the path)'] : [])];
    writeFileSync(join(root, 'docs/platforms.md'), platformsPage(results, missing));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The permissions of `deno task test`, and leave to write results. */
function denoFlags(folder: string): string[] {
  const { tasks } = JSON.parse(readFileSync(join(root, 'deno.json'), 'utf8')) as { readonly tasks: Readonly<Record<string, string>> };
  const flags = tasks['test']!.replaceAll('$HOME', homedir())
    .split(' ')
    .filter((word) => word.startsWith('--'));
  return flags.map((flag) => (flag.startsWith('--allow-write=') ? `${flag},${folder}` : flag));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
