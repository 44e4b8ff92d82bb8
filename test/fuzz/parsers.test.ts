import { describe, expect, it } from 'vitest';
import { fuzz } from './fuzz.ts';
import { parsers } from './parsers.ts';

const CASES = 200;
const SEED = 20_261_121;

/** Machines are noisy: a hang is told from a slow case here, and the true bound is held by the long tests (npm run test:long), on 10,000 of each. */
const HANG_MS = 5000;

describe('parsers of files from elsewhere, on files made wrong', () => {
  it.each(parsers.map((parser) => [parser.name, parser] as const))(`%s: a clear error, in little memory (seed ${SEED})`, async (name, parser) => {
    const { fault, deep, cases } = await fuzz(parser, { cases: CASES, seed: SEED, mostMs: HANG_MS });
    expect(fault, name).toBe(null);
    expect(cases).toBe(CASES);
    expect(deep).toBeGreaterThan(0.3);
  });
});
