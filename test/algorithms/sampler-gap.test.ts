/** Sampler mismatch in the whole pipeline: what is left out, what is weighed, and the denominators. */

import { describe, expect, it } from 'vitest';
import { createAlgorithm } from '../../src/algorithms/index.ts';
import { fixture, rolloutBatchOf } from './fixture-batch.ts';
import { distance, goldenCase, sayOf } from './golden-case.ts';

const given = (name: string) => () => ({ advantages: Float64Array.from(fixture(name).advantage) });

describe('rejection', () => {
  it.each([
    ['verl.rs.token_k1.0.5_2.0.F6', { statistic: 'token_k1', max: 2, min: 0.5 }],
    ['verl.rs.token_k2.0.1.F6', { statistic: 'token_k2', max: 0.1, min: null }],
    ['verl.rs.token_k3.0.05.F6', { statistic: 'token_k3', max: 0.05, min: null }],
    ['verl.rs.token_k1.1.5.F6', { statistic: 'token_k1', max: 1.5, min: null }],
    ['verl.rs.seq_mean_k3.0.03.F6', { statistic: 'seq_mean_k3', max: 0.03, min: null }],
    ['verl.rs.token_k1,seq_mean_k3.0.5_2.0,0.2.F6', { statistic: 'token_k1', max: 2, min: 0.5, also: [{ statistic: 'seq_mean_k3', max: 0.2, min: null }] }],
  ] as const)('%s: the tokens that are left take part in the loss, and no others', async (id, rolloutRejection) => {
    const { expected } = await goldenCase('offpolicy', id);
    const f = fixture('F6');
    const said = createAlgorithm({ rolloutRejection }).advantages(rolloutBatchOf(f));
    const kept = f.mask.map((row, b) => row.map((one, t) => (said.inLoss[b] === 0 ? 0 : one * (said.tokensInLoss?.[b * f.T + t] ?? 1))));
    expect(kept).toEqual(expected['selected']);
    const released = expected['metrics'] as Record<string, number>;
    expect(said.metrics['rollout_rs_masked_fraction']).toBeCloseTo(released['rollout_rs_masked_fraction']!, 9);
    expect(said.metrics['rollout_rs_seq_masked_fraction']).toBeCloseTo(released['rollout_rs_seq_masked_fraction']!, 9);
  });

  it('takes what is left out of the denominators too', async () => {
    const options = { rolloutRejection: { statistic: 'token_k2', max: 0.001, min: null } } as const;
    const f = fixture('F6');
    const { tokensInLoss } = createAlgorithm(options).advantages(rolloutBatchOf(f));
    const left = tokensInLoss!.reduce((sum, one) => sum + one, 0);
    const all = f.mask.flat().reduce((sum, one) => sum + one, 0);
    expect(left).toBeLessThan(all);
    const [some, whole] = [await sayOf(options, f), await sayOf({}, f)];
    some.slopeLogp.flat().forEach((slope, at) => expect(slope).toBeCloseTo(tokensInLoss![at] === 0 ? 0 : (whole.slopeLogp.flat()[at]! * all) / left, 10));
  });
});

describe('correction', () => {
  it.each(['token', 'sequence'] as const)('%s weights over their mean, as verl normalises them', async (level) => {
    const { expected } = await goldenCase('offpolicy', `verl.is.${level}.2.0.norm.F6`);
    const f = fixture('F6');
    const options = { surrogate: 'pg', rolloutCorrection: { mode: `${level}_truncate`, max: 2, min: null, batchNormalize: true } } as const;
    const [weighed, plain] = [await sayOf(options, f, given('F6')), await sayOf({ surrogate: 'pg' }, f, given('F6'))];
    const weights = expected['weights'] as number[][];
    expect(
      distance(
        weighed.slopeLogp,
        plain.slopeLogp.map((row, b) => row.map((slope, t) => slope * weights[b]![t]!)),
      ),
    ).toBeLessThan(1e-9);
    const released = (expected['metrics'] as Record<string, number>)['rollout_is_batch_norm_factor'];
    const { metrics } = createAlgorithm(options).advantages(rolloutBatchOf(f));
    expect(metrics['rollout_corr/rollout_is_batch_norm_factor']).toBeCloseTo(Number(released), 7);
  });

  it.each(['token', 'sequence'] as const)('bypass: no old policy, %s weights of the policy as it stands', async (level) => {
    const { expected } = await goldenCase('offpolicy', `verl.bypass.reinforce.${level}.None.F6`);
    const options = {
      surrogate: 'pg',
      lossAgg: 'seq-mean-token-sum',
      rolloutCorrection: { mode: `${level}_truncate`, max: 2, min: null, policy: 'current' },
    } as const;
    const said = await sayOf(options, fixture('F6'), given('F6'));
    expect(said.loss).toBeCloseTo(Number(expected['loss']), 8);
    expect(distance(said.slopeLogp, expected['slopeLogp'])).toBeLessThan(1e-8);
  });
});
