/**
 * Runs what `npm test` promises: type check, lint and format, then every test on every software adapter at hand.
 *
 *   npm test                     everything but the long tests; the last line counts all of it
 *   npm run test:fast            the tests that need no device
 *   npm run test:browser         the tests that drive a Chromium
 *   npm run test:long            the tests that train for minutes
 *   … -- PATTERN                 only test files whose path holds PATTERN
 */

import { spawnSync } from 'node:child_process';

const CHECKS = ['typecheck', 'lint', 'format:check'];

const [tier = 'all', ...patterns] = process.argv.slice(2);

function run(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): boolean {
  const { status } = spawnSync(command, args, { stdio: 'inherit', shell: process.platform === 'win32', env: { ...process.env, ...env } });
  return status === 0;
}

const results = tier === 'all' && patterns.length === 0 ? CHECKS.map((name) => run('npm', ['run', '--silent', name])) : [];
const [passed, failed] = [results.filter(Boolean).length, results.filter((isGood) => !isGood).length];
const isGood = run('npx', ['vitest', 'run', ...patterns], { ENTRAIN_TEST_TIER: tier, ENTRAIN_TEST_CHECKS: `${passed},${failed}` });
process.exitCode = isGood && failed === 0 ? 0 : 1;
