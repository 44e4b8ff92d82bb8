/** Options that give a method another release's form, against that release's numbers. */

import { describe, expect, it } from 'vitest';
import { entropyTarget } from '../../src/algorithms/entropy-target.ts';
import { createAlgorithm } from '../../src/algorithms/index.ts';
import { fixture, rolloutBatchOf } from './fixture-batch.ts';
import { distance, goldenCase, sayOf } from './golden-case.ts';

/** The fixture's own advantages, which the released losses were fed. */
const given = (name: string) => () => ({ advantages: Float64Array.from(fixture(name).advantage) });

describe('surrogates', () => {
  it('clip_delta: the two-sided clip of TRL', async () => {
    const { expected } = await goldenCase('trl', 'dapo.delta.F3');
    const options = { clipHigh: 0.28, clipDual: null, clipDelta: 2, clampLogRatio: null } as const;
    const said = await sayOf(options, fixture('F3'), given('F3'));
    expect(said.loss).toBeCloseTo(Number(expected['loss']), 8);
    expect(distance(said.slopeLogp, expected['slopeLogp'])).toBeLessThan(1e-8);
    // No ratio of this fixture reaches 2 where the advantage is negative, the one side that delta alone holds.
    expect((await sayOf({ ...options, clipDelta: 1.3 }, fixture('F3'), given('F3'))).loss).toBeLessThan(said.loss - 1e-5);
  });

  it('LUSPO is the sequence ratio with sums of tokens, averaged over completions', async () => {
    const { expected } = await goldenCase('trl', 'luspo.F0');
    const options = { ratio: 'sequence', lossAgg: 'seq-mean-token-sum', clipLow: 2e-3, clipHigh: 2.5e-3, clipDual: null } as const;
    const said = await sayOf(options, fixture('F0'), given('F0'));
    expect(said.loss).toBeCloseTo(Number(expected['loss']), 9);
    expect(distance(said.slopeLogp, expected['slopeLogp'])).toBeLessThan(1e-9);
  });

  it('cispo takes its cap as TRL and as verl write it', async () => {
    const verl = await goldenCase('surrogates', 'verl.cispo.wide.token-mean.F3');
    const ours = await sayOf({ cispo: { cap: 2, floor: 0.5, clipLow: 1, clipHigh: 4 } }, fixture('F3'), given('F3'));
    expect(ours.loss).toBeCloseTo(Number(verl.expected['loss']), 8);
    expect(ours.slopeLogp).toEqual((await sayOf({ cispo: { cap: 5, floor: 0 } }, fixture('F3'), given('F3'))).slopeLogp);
  });

  it('dro is policy gradient with a squared pull', async () => {
    const { expected } = await goldenCase('surrogates', 'verl.dro.token-mean.F4');
    const said = await sayOf({ dro: { beta: 0.3 } }, fixture('F4'), given('F4'));
    expect(said.loss).toBeCloseTo(Number(expected['loss']), 8);
    expect(distance(said.slopeLogp, expected['slopeLogp'])).toBeLessThan(1e-8);
  });
});

describe('80/20', () => {
  it('divides by all tokens, or by those it keeps (trap T14)', async () => {
    const { expected } = await goldenCase('entropy_control', 'lpreg.8020.F1');
    const kept = await sayOf({ clipDual: null, highEntropy: { share: 0.2, denominator: 'kept' } }, fixture('F1'), given('F1'));
    expect(kept.loss).toBeCloseTo(Number(expected['loss']), 7);
    expect(distance(kept.slopeLogp, expected['slopeLogp'])).toBeLessThan(1e-7);
    const all = await sayOf({ clipDual: null, highEntropy: { share: 0.2, denominator: 'all' } }, fixture('F1'), given('F1'));
    const largest = (table: number[][]): number => Math.max(...table.flat().map(Math.abs));
    // 25 tokens, of which 5 are kept.
    expect(largest(kept.slopeLogp)).toBeCloseTo(5 * largest(all.slopeLogp), 9);
  });
});

describe('entropy_target', () => {
  const bounds = { target: 0.2, step: 1e-4, min: 0, max: 5e-3, start: 0 } as const;

  it('skywork: strictly below the target, by the surprisal of what was sampled', async () => {
    const { inputs, expected } = await goldenCase('entropy_control', 'skywork.controller.0');
    const method = entropyTarget({ ...bounds, form: 'skywork' });
    const states = inputs.vector('measured').map((entropy) => {
      method.endStep!({ entropy: 9, 'entropy_target/surprisal': entropy });
      return method.state!();
    });
    (expected['states'] as { coef: number; enabled: number }[]).slice(1).forEach(({ coef, enabled }, i) => {
      expect(states[i]!['coef']).toBeCloseTo(coef, 12);
      expect(states[i]!['enabled']).toBe(enabled);
    });
    const f = fixture('F0');
    const { metrics } = createAlgorithm({ entropyTarget: { ...bounds, form: 'skywork' } }).advantages(rolloutBatchOf(f));
    const valid = f.oldLogp.flatMap((row, b) => row.filter((_, t) => f.mask[b]![t] !== 0));
    expect(metrics['entropy_target/surprisal']).toBeCloseTo(-valid.reduce((sum, value) => sum + value, 0) / valid.length, 12);
  });

  it('dual_ascent: by what is missing', async () => {
    const { inputs, expected } = await goldenCase('entropy_control', 'siren.dual.0');
    const method = entropyTarget({ form: 'dual_ascent', target: 0.8, step: 0.01, min: 0, max: 1, start: 0.005 });
    const coefs = inputs.vector('measured').map((entropy) => {
      method.endStep!({ entropy });
      return method.entropyCoef!();
    });
    coefs.forEach((coef, i) => expect(coef).toBeCloseTo((expected['states'] as number[])[i + 1]!, 12));
  });
});

describe('xdr', () => {
  it('adaptive: a lower temperature where a prompt has several right answers', async () => {
    const { expected } = await goldenCase('maxent', 'D.xdr.adaptive.F6');
    const f = fixture('F6');
    const { terms } = createAlgorithm({ advantageScale: 'none', xdr: { tau: 0.3, adaptive: true } }).advantages(rolloutBatchOf(f));
    const released = expected['rowWeight'] as number[];
    // A row without tokens counts in the release; its group differs by that.
    [0, 1, 2, 3, 4, 5, 6, 7].forEach((row) => expect(terms.get('rowWeight')![row]).toBeCloseTo(released[row]!, 9));
  });
});
