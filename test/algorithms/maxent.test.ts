/** MaxEnt's controllers, and the reward of tokens' entropy, against released numbers. */

import { describe, expect, it } from 'vitest';
import { createAlgorithm } from '../../src/algorithms/index.ts';
import type { MaxentOptions } from '../../src/algorithms/maxent.ts';
import { type MetaControlOptions, TargetController } from '../../src/algorithms/maxent-controllers.ts';
import { tokenMaxent } from '../../src/algorithms/token-maxent.ts';
import { NO_COMPAT } from '../../src/algorithms/compat.ts';
import { fixture } from './fixture-batch.ts';
import { distance, goldenCase, sayOf } from './golden-case.ts';

const base: MaxentOptions = {
  form: 'listwise-ce',
  tau: 0.2,
  beta: 0.5,
  qTemperature: 1,
  qEps: 1e-6,
  lengthNormRef: true,
  lengthNormPolicy: true,
  skipZeroVariance: true,
  clip: null,
};
const meta: MetaControlOptions = { start: 1, final: 1, horizon: 0, kl: 0.1, tauStep: 0.05, betaStep: 0.2, tauMin: 0.01, tauMax: 1, klClip: 0.1 };

describe('the controllers of the target', () => {
  it('meta: both numbers move as in the release, by what entropy and KL are off', async () => {
    const { inputs, expected } = await goldenCase('maxent', 'B.meta.0');
    const control = new TargetController({ tau: 0.5, beta: 0.1 }, { meta });
    const states = inputs.table('gradients').map(([entropyGap, klGap]) => {
      control.endStep({ weight_entropy: 1 + entropyGap!, kl: 0.1 + klGap! });
      return control.now;
    });
    const released = (expected['states'] as { tau: number; beta: number }[]).slice(1);
    states.forEach(({ tau, beta }, i) => {
      expect(tau).toBeCloseTo(released[i]!.tau, 10);
      expect(beta).toBeCloseTo(released[i]!.beta, 10);
    });
  });

  it('meta: a number without a measurement stays, and the state goes on where it stopped', () => {
    const control = new TargetController({ tau: 0.5, beta: 0.1 }, { meta });
    control.endStep({ weight_entropy: 1.2 });
    expect(control.now).toEqual({ tau: 0.5 - 0.05 * (1.2 - 1), beta: 0.1 });
    const next = new TargetController({ tau: 0.5, beta: 0.1 }, { meta });
    next.restore(control.state());
    expect(next.state()).toEqual(control.state());
  });

  it('meta: refuses a second law for the same number', () => {
    const betaControl = { target: 0.07, step: 1, horizon: 500 };
    expect(() => createAlgorithm({ maxent: { ...base, metaControl: meta, betaControl } })).toThrow(/meta_control: expected it alone/);
  });

  it('the wanted entropy rises to its peak and falls to its end, as released', async () => {
    const { inputs, expected } = await goldenCase('maxent', 'D.target.peak');
    const schedule = { start: 0.5, peak: 1.5, peakStep: 4, final: 0.8, horizon: 10 };
    // With gain 1, no running mean and a measured entropy of 0, ln tau moves by what is wanted.
    const control = new TargetController({ tau: 1, beta: 0 }, { tau: { ...schedule, step: 1, min: 1e-30, max: null, decay: 0 } });
    const wanted = inputs
      .vector('step')
      .slice(1)
      .map(() => {
        const before = Math.log(control.now.tau);
        control.endStep({ weight_entropy: 0 });
        return Math.log(control.now.tau) - before;
      });
    wanted.forEach((value, i) => expect(value).toBeCloseTo((expected['values'] as number[])[i + 1]!, 9));
  });
});

describe('the forms of the target', () => {
  it('listwise-ce with the exponents over tau alone: the release of April 2026', async () => {
    const { expected } = await goldenCase('maxent', 'C.loss.0.2-0.5-1.0-1e-06.True.True.True.False.ref.F0');
    const { loss, slopeLogp } = await sayOf({ maxent: { ...base, denominator: 'tau' } }, fixture('F0'));
    expect(loss).toBeCloseTo(Number(expected['loss']), 9);
    expect(distance(slopeLogp, expected['slopeLogp'])).toBeLessThan(1e-9);
    expect((await sayOf({ maxent: base }, fixture('F0'))).loss).not.toBeCloseTo(loss, 3);
  });

  it('mle-mean with its clip: the clip term of the January release, on the side of PPO and on its own', async () => {
    for (const side of ['ppo', 'source'] as const) {
      const { expected } = await goldenCase('maxent', `B.loss.0.2-0.5-1.0-1e-06.True.${side}.F0`);
      const compat = { ...NO_COMPAT, maxent: { ...NO_COMPAT.maxent, clipSide: side } };
      const lossOf = async (clip: number | null) => (await sayOf({ maxent: { ...base, form: 'mle-mean', clip }, compat }, fixture('F0'))).loss;
      expect((await lossOf(0.2)) - (await lossOf(null))).toBeCloseTo((expected['metrics'] as { clip: number }).clip, 9);
    }
  });
});

describe('Token-MaxEnt', () => {
  const plain = { clipDual: null, clampLogRatio: 5 } as const;

  it('is GRPO less alpha times the mean entropy over ln V, as released', async () => {
    const { expected } = await goldenCase('maxent', 'C.token.dr_grpo.0.005.F0');
    const tokens = { alpha: 0.005, average: 'rows', perLogVocabulary: true, gate: null } as const;
    const options = { ...plain, lossAgg: 'seq-mean-token-sum-norm', lossScaleFactor: 16, tokenMaxent: tokens } as const;
    // The case has advantages of its own.
    const said = await sayOf(options, fixture('F0'), () => ({ vocabulary: 1000, advantages: Float64Array.from(fixture('F0').advantage) }));
    expect(said.loss).toBeCloseTo(Number(expected['loss']), 10);
    expect(distance(said.slopeLogp, expected['slopeLogp'])).toBeLessThan(1e-10);
    const wanted = (expected['slopeEntropy'] as number[][]).map((row, b) => row.map((slope, t) => (fixture('F0').mask[b]![t] === 0 ? 0 : slope)));
    expect(distance(said.slopeEntropy, wanted)).toBeLessThan(1e-10);
    for (const [name, value] of Object.entries(expected['metrics'] as Record<string, number>)) expect(said.metrics[name]).toBeCloseTo(value, 9);
  });

  it('over all tokens: the bnpo form', async () => {
    const { expected } = await goldenCase('maxent', 'C.token.bnpo.0.02.F0');
    const tokens = { alpha: 0.02, average: 'tokens', perLogVocabulary: true, gate: null } as const;
    const options = { ...plain, klCoef: 0.04, klClamp: { logRatio: 5, k3: null }, tokenMaxent: tokens } as const;
    const said = await sayOf(options, fixture('F0'), () => ({ vocabulary: 1000, advantages: Float64Array.from(fixture('F0').advantage) }));
    expect(said.loss).toBeCloseTo(Number(expected['loss']), 9);
  });

  it('over the completion limit, whatever the vocabulary: row sums / L, averaged', async () => {
    const tokens = { alpha: 0.01, average: 'length', perLogVocabulary: false, gate: null } as const;
    const { slopeEntropy } = await sayOf({ ...plain, tokenMaxent: tokens }, fixture('F0'));
    expect(slopeEntropy[0]).toEqual([0, 1, 2, 3].map(() => -0.01 / (4 * 16)));
    await expect(sayOf({ tokenMaxent: { ...tokens, perLogVocabulary: true } }, fixture('F0'))).rejects.toThrow(
      /token_maxent: expected the size of the vocabulary/,
    );
  });

  it('moves alpha by the KL of the step before, as released', async () => {
    const { inputs, expected } = await goldenCase('maxent', 'C.alpha_gate.0');
    const gate = { threshold: 0.04, gain: 1, raiseOnLow: true, lowerOnHigh: true, disableOutside: false, min: 0.5, max: 2 };
    const released = (expected['states'] as { multiplier: number }[]).map(({ multiplier }) => multiplier);
    (inputs.raw('measured') as (number | string | null)[]).forEach((kl, i) => {
      const method = tokenMaxent({ alpha: 0.005, average: 'rows', perLogVocabulary: true, gate });
      method.endStep!(kl === null ? {} : { kl: Number(kl) });
      expect(method.state!()['multiplier']).toBeCloseTo(released[i]!, 12);
    });
  });

  it('refuses a bonus beside it, which would be overwritten', () => {
    const tokens = { alpha: 0.01, average: 'rows', perLogVocabulary: false, gate: null } as const;
    expect(() => createAlgorithm({ entropyCoef: 0.01, tokenMaxent: tokens })).toThrow(/entropy_coef: expected 0 beside algorithm.token_maxent/);
  });
});
