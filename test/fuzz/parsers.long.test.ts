import { describe, expect, it } from 'vitest';
import { fuzz } from './fuzz.ts';
import { parsers } from './parsers.ts';

const CASES = 10_000;
const MOST_MS = 50;

/** ENTRAIN_FUZZ_SEED repeats a run; without it each run has cases of its own. */
const seed = Number(process.env['ENTRAIN_FUZZ_SEED'] ?? Date.now() % 2 ** 31);

describe('parsers of files from elsewhere, on ten thousand files made wrong', () => {
  it.each(parsers.map((parser) => [parser.name, parser] as const))('%s', { timeout: 1_800_000 }, async (name, parser) => {
    process.stdout.write(`fuzz ${name}: ENTRAIN_FUZZ_SEED=${seed}\n`);
    const { fault, deep, cases, slowestMs, mostBytes } = await fuzz(parser, { cases: CASES, seed, mostMs: MOST_MS });
    process.stdout.write(
      `fuzz ${name}: ${cases} cases, ${(100 * deep).toFixed(0)} % past the header, slowest ${slowestMs.toFixed(1)} ms, most ${(mostBytes / 2 ** 20).toFixed(1)} MiB\n`,
    );
    expect(fault).toBe(null);
    expect(cases).toBe(CASES);
    expect(deep).toBeGreaterThan(0.3);
  });
});
