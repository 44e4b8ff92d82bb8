/** Flags that restore a source's defect: with each, the released number; without it, another. */

import { describe, expect, it } from 'vitest';
import { type CompatOptions, NO_COMPAT } from '../../src/algorithms/compat.ts';
import { createAlgorithm } from '../../src/algorithms/index.ts';
import { type Fixture, fixture, rolloutBatchOf } from './fixture-batch.ts';
import { distance, goldenCase, sayOf } from './golden-case.ts';

const compatOf = (flags: Partial<CompatOptions>): CompatOptions => ({ ...NO_COMPAT, ...flags });
const given = (f: Fixture, microRows?: number[][]) => () => ({ advantages: Float64Array.from(f.advantage), ...(microRows && { microRows }) });

describe('compat.egpo.align', () => {
  const egpo = { signal: 'nll', segment: 'answer', weightMin: 0.5, weightMax: 2, eps: 1e-6, version: 1, negatives: 'original' } as const;

  it.each(['source', 'fixed'] as const)('%s: the advantages of the first release', async (align) => {
    for (const name of ['F0', 'F6']) {
      const { inputs, expected } = await goldenCase('egpo', `egpo1.answer.v1.0.5-2.0.${align}.nll.${name}`);
      const f = { ...fixture(name), reward: inputs.vector('reward') };
      const { values, metrics } = createAlgorithm({ egpo, compat: compatOf({ egpo: { align } }) }).advantages(rolloutBatchOf(f));
      (expected['advantages'] as (number | null)[]).forEach((value, row) => value !== null && expect(values[row]).toBeCloseTo(value, 6));
      expect(metrics['egpo/weight/mean']).toBeCloseTo((expected['metrics'] as Record<string, number>)['egpo/weight/mean']!, 6);
    }
  });

  it('source: says what it lacks', () => {
    const batch = rolloutBatchOf(fixture('F0'));
    const { prompts: _, ...tables } = batch.tables!;
    const algorithm = createAlgorithm({ egpo, compat: compatOf({ egpo: { align: 'source' } }) });
    expect(algorithm.needs.prompts).toBe(true);
    expect(() => algorithm.advantages({ ...batch, tables })).toThrow(/compat.egpo.align: expected the prompts/);
  });
});

describe('compat.*.empty_rows', () => {
  it('seed_grpo: a completion without tokens has the largest mass', async () => {
    const { expected } = await goldenCase('maxent', 'C.seed.1.0.F6');
    const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const scaleWith = (emptyRows: 'source' | 'excluded'): number =>
      createAlgorithm({ seedGrpo: { alpha: 1 }, compat: compatOf({ seedGrpo: { emptyRows } }) }).advantages(rolloutBatchOf(fixture('F6'))).metrics[
        'seed_grpo/advantage_scale_mean'
      ]!;
    expect(scaleWith('source')).toBeCloseTo(mean(expected['scale'] as number[]), 6);
    expect(scaleWith('excluded')).not.toBeCloseTo(scaleWith('source'), 3);
  });

  it('maxent: a completion without tokens is a candidate', async () => {
    const { expected } = await goldenCase('maxent', 'C.loss.0.2-0.5-1.0-1e-06.True.True.True.False.ref.F6');
    const maxent = {
      form: 'listwise-ce',
      tau: 0.2,
      beta: 0.5,
      qTemperature: 1,
      qEps: 1e-6,
      lengthNormRef: true,
      lengthNormPolicy: true,
      skipZeroVariance: true,
      denominator: 'tau',
      clip: null,
    } as const;
    const say = (emptyRows: 'source' | 'excluded') => sayOf({ maxent, compat: compatOf({ maxent: { ...NO_COMPAT.maxent, emptyRows } }) }, fixture('F6'));
    const source = await say('source');
    expect(source.loss).toBeCloseTo(Number(expected['loss']), 8);
    expect(distance(source.slopeLogp, expected['slopeLogp'])).toBeLessThan(1e-8);
    expect((await say('excluded')).loss).not.toBeCloseTo(source.loss, 3);
  });
});

describe('compat.agg.scope', () => {
  it.each(['token-mean', 'seq-mean-token-sum'] as const)('micro: %s of each micro-batch, by its share of the rows', async (lossAgg) => {
    const { inputs, options, expected } = await goldenCase('aggregation', `scope.entmech.${lossAgg}.F0`);
    const f = fixture('F0');
    const microRows = options.raw('microRows') as number[][];
    // With the plain policy gradient the slope of a token is −A times its weight.
    const say = (scope: 'micro' | 'mini') =>
      sayOf({ surrogate: 'pg', lossAgg, compat: compatOf({ agg: { ...NO_COMPAT.agg, scope } }) }, f, given(f, microRows));
    const micro = await say('micro');
    const weights = expected['weights'] as number[][];
    expect(
      distance(
        micro.slopeLogp,
        weights.map((row, b) => row.map((weight) => -f.advantage[b]! * weight)),
      ),
    ).toBeLessThan(1e-8);
    expect(
      inputs
        .table('x')
        .flat()
        .reduce((sum, x, at) => sum + x * weights.flat()[at]! * f.mask.flat()[at]!, 0),
    ).toBeCloseTo(Number(expected['loss']), 8);
    if (lossAgg === 'token-mean') expect((await say('mini')).slopeLogp).not.toEqual(micro.slopeLogp);
  });

  it('micro: says what it lacks', async () => {
    const compat = compatOf({ agg: { ...NO_COMPAT.agg, scope: 'micro' } });
    expect(createAlgorithm({ compat }).needs.microRows).toBe(true);
    await expect(sayOf({ compat }, fixture('F0'))).rejects.toThrow(/scope micro: expected the rows of each micro-batch/);
  });
});

describe('compat.cov.scope (trap T3)', () => {
  const micro = compatOf({ agg: { ...NO_COMPAT.agg, scope: 'micro' }, cov: { scope: 'micro' } });

  it.each(['F0', 'F2', 'F3'])('micro: KL-Cov as released selects in each micro-batch (%s)', async (name) => {
    const { options, expected } = await goldenCase('covariance', `entmech.kl_cov.micro.${name}`);
    const f = fixture(name);
    const klCov = { share: 0.2, coef: 1, minCount: 1, logProb: 'current' } as const;
    const plain = { surrogate: 'plain', clipDual: null, clampLogRatio: null, klCov } as const;
    const said = await sayOf({ ...plain, compat: micro }, f, given(f, options.raw('microRows') as number[][]));
    expect(said.loss).toBeCloseTo(Number(expected['loss']), 6);
    expect(distance(said.slopeLogp, expected['slopeLogp'])).toBeLessThan(1e-7);
    expect(distance((await sayOf(plain, f, given(f))).slopeLogp, expected['slopeLogp'])).toBeGreaterThan(1e-3);
  });

  it.each(['F0', 'F2', 'F3'])('micro: Clip-Cov as released selects in each micro-batch (%s)', async (name) => {
    const { options, expected } = await goldenCase('covariance', `entmech.clip_cov.micro.${name}`);
    const f = fixture(name);
    // The budget of the case exceeds its candidates, so that no draw decides.
    const clipCov = { share: options.number('ratio'), low: options.number('lb'), high: options.number('ub'), minCount: 1, logProb: 'current' } as const;
    const clip = { clipLow: 1, clipHigh: 1, clipDual: null, clampLogRatio: null, clipCov } as const;
    const said = await sayOf({ ...clip, compat: micro }, f, given(f, options.raw('microRows') as number[][]));
    expect(said.loss).toBeCloseTo(Number(expected['loss']), 6);
    expect(distance(said.slopeLogp, expected['slopeLogp'])).toBeLessThan(1e-7);
    const dropped = (expected['selected'] as number[][]).flat().reduce((sum, one) => sum + one, 0);
    expect(said.metrics['select/dropped_share']).toBeCloseTo(dropped / f.mask.flat().reduce((sum, one) => sum + one, 0), 6);
  });
});
