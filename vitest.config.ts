import { defineConfig } from 'vitest/config';
import { TallyReporter } from './test/reporter.ts';
import { testAdapters, testFiles } from './test/tiers.ts';

const { deviceless, opening, onDevice, browser, long } = testFiles();
const tier = process.env['ENTRAIN_TEST_TIER'] ?? 'all';
const wantsDevice = tier === 'all' || tier === 'long';
const { present, notRun } = wantsDevice ? testAdapters() : { present: [], notRun: [`device tests (only the ${tier} tier was asked for)`] };
const [passed = 0, failed = 0] = (process.env['ENTRAIN_TEST_CHECKS'] ?? '').split(',').filter(Boolean).map(Number);

interface Options {
  readonly env?: Readonly<Record<string, string>>;
  readonly maxWorkers?: number;
}

/** Tests of one tier; none where it has no files. Each file has a process of its own: a driver that crashes takes one file down, and is told from a failure. */
function project(name: string, include: readonly string[], order: number, { env = {}, maxWorkers = 2 }: Options = {}) {
  if (include.length === 0) return [];
  const testTimeout = order === 0 ? 60_000 : 120_000;
  return [
    {
      test: {
        name,
        include: [...include],
        env,
        pool: 'forks' as const,
        isolate: true,
        testTimeout,
        hookTimeout: testTimeout,
        maxWorkers,
        sequence: { groupOrder: order },
      },
    },
  ];
}

export default defineConfig({
  test: {
    projects: [
      ...project('null', tier === 'browser' ? [] : deviceless, 0),
      ...project('adapters', wantsDevice ? opening : [], 1),
      ...present.flatMap((adapter, index) => project(adapter, onDevice, index + 2, { env: { ENTRAIN_TEST_ADAPTER: adapter } })),
      ...project('browser', wantsDevice || tier === 'browser' ? browser : [], 8, { maxWorkers: 1 }),
      ...project('long', tier === 'long' ? long : [], 9),
    ],
    reporters: ['default', new TallyReporter({ notRun, before: { passed, failed } })],
    passWithNoTests: false,
  },
});
