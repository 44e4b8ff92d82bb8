import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verifyAlgorithms, verifyCase } from '../../scripts/verify/algorithms.ts';
import { compareQuantity, quantitiesOf } from '../../scripts/verify/compare.ts';
import { Fields } from '../../scripts/verify/fields.ts';
import { readFixtureFile } from '../../scripts/verify/fixture.ts';
import { DataError } from '../../src/base/errors.ts';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';

const limits = { abs: 1e-8, rel: 1e-7 };
const share = (expected: Parameters<typeof compareQuantity>[1], got: unknown, quantity = 'loss') =>
  compareQuantity(quantity, expected, got, { float32Deviation: 0 }, limits, 'float64').worst;

describe('comparing a quantity', () => {
  it('allows abs + rel · |expected|', () => {
    expect(share(100, 100 + 0.99 * (1e-8 + 1e-5))).toBeLessThan(1);
    expect(share(100, 100 + 1.01 * (1e-8 + 1e-5))).toBeGreaterThan(1);
  });

  it('allows a float32 run 4 times the deviation of the source, over the largest of the field', () => {
    const compare = (gap: number) => compareQuantity('slopeLogp', [0, 9], [gap, 9], { float32Deviation: 1e-3 }, limits, 'float32').worst;
    expect(compare(0.039)).toBeLessThan(1);
    expect(compare(0.041)).toBeGreaterThan(1);
  });

  it('wants masks, indices, counts and names to be equal', () => {
    expect(share([0, 1], [0, 1 + 1e-12], 'selected')).toBeGreaterThan(1);
    expect(share('grpo', 'grpo', 'mode')).toBe(0);
    expect(share('grpo', 'psr', 'mode')).toBeGreaterThan(1);
  });

  it('passes over null in a list, and wants null elsewhere', () => {
    expect(share([1, null], [1, 7])).toBe(0);
    expect(share({ fit: null }, { fit: null })).toBe(0);
    expect(share({ fit: null }, { fit: 1 })).toBeGreaterThan(1);
  });

  it('lets NaN meet NaN only', () => {
    expect(share('NaN', Number.NaN)).toBe(0);
    expect(share('NaN', 0)).toBeGreaterThan(1);
    expect(share(0, Number.NaN)).toBeGreaterThan(1);
    expect(share('Infinity', Number.POSITIVE_INFINITY)).toBe(0);
  });

  it('misses lists of another length and values of another kind', () => {
    expect(share([1, 2], [1])).toBeGreaterThan(1);
    expect(share([1, 2], 1)).toBeGreaterThan(1);
    expect(share(1, undefined)).toBeGreaterThan(1);
    expect(share([1, 2], Float32Array.of(1, 2))).toBe(0);
  });

  it('counts values, and names metrics one by one', () => {
    expect(
      compareQuantity(
        'weights',
        [
          [1, 2],
          [3, null],
        ],
        [
          [1, 2],
          [3, 4],
        ],
        { float32Deviation: 0 },
        limits,
        'float64',
      ).compared,
    ).toBe(3);
    expect(quantitiesOf({ loss: 1, metrics: { 'actor/kl': 2 } })).toEqual([
      ['loss', 1],
      ['metrics.actor/kl', 2],
    ]);
  });
});

/** A file of one row of token statistics, of which the expected values are right. */
function fixture(change: { expected?: object; options?: object; algorithm?: string } = {}) {
  const stats = {
    id: 'one',
    algorithm: change.algorithm ?? 'logit_gradient',
    inputs: { logits: [[0, 0]], target: [1], coefLogp: [1], coefEntropy: [0] },
    options: { temperature: 1, ...change.options },
    expected: { loss: -Math.LN2, gradLogits: [[-0.5, 0.5]], ...change.expected },
  };
  return {
    header: { family: 'token_stats', tolerance: { float64: limits, float32: { abs: 1e-5, rel: 1e-4 } } },
    required: ['loss', 'gradLogits', 'shade'],
    cases: [stats],
  };
}

async function write(content: unknown): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), 'entrain-verify-')), 'token_stats.json');
  await writeFile(path, JSON.stringify(content));
  return path;
}

async function outcomeOf(content: unknown): Promise<{ isGood: boolean; report: string }> {
  const lines: string[] = [];
  const isGood = await verifyAlgorithms([await write(content)], new ReferenceDevice(), { precision: 'float64' }, (line) => lines.push(line));
  return { isGood, report: lines.join('\n') };
}

describe('verifying a file', () => {
  it('is good when everything required was compared and is within tolerance', async () => {
    const { isGood, report } = await outcomeOf(fixture());
    expect(report).toContain('1 cases, 1 covered, 0 missed, 0 not covered');
    expect(isGood).toBe(true);
  });

  it('is not good when a value is wrong, and says where', async () => {
    const { isGood, report } = await outcomeOf(fixture({ expected: { gradLogits: [[-0.5, 0.50001]] } }));
    expect(report).toContain('missed: one: gradLogits[0][1]: got 0.5, expected 0.50001');
    expect(isGood).toBe(false);
  });

  it.each([
    ['a required quantity that nobody computes', { expected: { shade: 3 } }, 'shade was not computed'],
    ['an option that nobody reads', { options: { flavour: 'new' } }, 'option flavour is not known'],
    ['an algorithm that nobody knows', { algorithm: 'stats_of_stats' }, 'no computation stats_of_stats in family token_stats'],
  ])('is not good with %s', async (_, change, reason) => {
    const { isGood, report } = await outcomeOf(fixture(change));
    expect(report).toContain(`not covered: one: ${reason}`);
    expect(isGood).toBe(false);
  });

  it('is not good when the names asked for are in no case', async () => {
    const path = await write(fixture());
    expect(await verifyAlgorithms([path], new ReferenceDevice(), { precision: 'float64', only: ['ppo'] }, () => {})).toBe(false);
  });

  it('refuses a file of another form', async () => {
    await expect(readFixtureFile(await write({ cases: 7 }))).rejects.toThrow(DataError);
  });

  it('sets aside what only the reference device must run', async () => {
    const file = await readFixtureFile(await write({ ...fixture({ algorithm: 'delta_entropy' }), hostOnly: ['delta_entropy'] }));
    const one = { ...file.cases[0]!, expected: { proxy: 1 } };
    expect((await verifyCase(file, one, new ReferenceDevice(), 'float32')).setAside).toBe('host only');
    expect((await verifyCase(file, { ...one, expected: { loss: 'NaN' } }, new ReferenceDevice(), 'float32')).setAside).toBe('not finite');
  });
});

describe('fields of a case', () => {
  it('tells which names were not read', () => {
    const fields = new Fields('case', { clipLow: 0.2, clipHigh: 'Infinity', agg: null });
    expect([fields.number('clipHigh'), fields.number('agg', 3)]).toEqual([Number.POSITIVE_INFINITY, 3]);
    expect(fields.unread).toEqual(['clipLow']);
    expect(() => fields.vector('clipLow')).toThrow('case: expected clipLow to be a list, got 0.2.');
  });
});
