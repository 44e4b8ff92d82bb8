/**
 * Which tests need a device, and on which adapters they run here.
 *
 * A test file is a device test when it imports test/device.ts, itself or through files beside it, or reads ENTRAIN_TEST_ADAPTER; it then
 * runs once per adapter.
 * One that opens an adapter by other means runs once. All others need no device. `*.long.test.ts` runs by `npm run test:long` only.
 * Files in test/browser/ drive a Chromium: `npm run test:browser` runs them alone.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const sharedDevice = join(root, 'test/device.ts');
const openers = ['src/gpu/adapter-node.ts', 'src/gpu/open-device-node.ts'].map((path) => join(root, path));

export interface TestFiles {
  /** No device at all. */
  readonly deviceless: readonly string[];
  /** Opens adapters of its own choice. */
  readonly opening: readonly string[];
  /** Runs on the adapter it is given. */
  readonly onDevice: readonly string[];
  /** Drives a Chromium. */
  readonly browser: readonly string[];
  readonly long: readonly string[];
}

/** Sorts the test files of this repository, as paths from its root. */
export function testFiles(): TestFiles {
  const found = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(root, 'test', name))
    .toSorted();
  const files = { deviceless: [] as string[], opening: [] as string[], onDevice: [] as string[], browser: [] as string[], long: [] as string[] };
  for (const path of found) files[placeOf(path)].push(relative(root, path).replaceAll('\\', '/'));
  return files;
}

function placeOf(path: string): keyof TestFiles {
  if (path.endsWith('.long.test.ts')) return 'long';
  if (dirname(path) === join(root, 'test/browser')) return 'browser';
  const reached = reachedFrom(path, new Set());
  if (reached.has(sharedDevice) || readFileSync(path, 'utf8').includes("process.env['ENTRAIN_TEST_ADAPTER']")) return 'onDevice';
  return openers.some((opener) => reached.has(opener)) ? 'opening' : 'deviceless';
}

/** Files that a test imports, followed through test/ and scripts/ only: what src/ imports in passing opens nothing. */
function reachedFrom(path: string, reached: Set<string>): Set<string> {
  for (const [, specifier] of readFileSync(path, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)) {
    const target = join(dirname(path), specifier!);
    if (reached.has(target) || !existsSync(target)) continue;
    reached.add(target);
    if (!relative(root, target).startsWith('src')) reachedFrom(target, reached);
  }
  return reached;
}

export interface Adapters {
  /** Names as `openAdapter` takes them. */
  readonly present: readonly string[];
  /** One sentence for each that device tests do not run on here. */
  readonly notRun: readonly string[];
}

/** SwiftShader always (its driver is a devDependency), lavapipe and a GPU where this machine has them; or the one adapter of ENTRAIN_TEST_ADAPTER. */
export function testAdapters(): Adapters {
  const forced = process.env['ENTRAIN_TEST_ADAPTER'];
  if (forced) return { present: [forced], notRun: [`device tests on any adapter but ${forced} (ENTRAIN_TEST_ADAPTER)`] };
  const script = join(root, 'scripts/list-test-adapters.ts');
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--import', 'tsx', script], { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`list-test-adapters: expected it to end with 0, got ${status}: ${stderr}`);
  const offers = JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, string | null>;
  const present = Object.keys(offers).filter((name) => offers[name] === null);
  const notRun = Object.entries(offers).flatMap(([name, reason]) => (reason === null ? [] : [`device tests on ${name} (${reason})`]));
  return { present, notRun };
}
