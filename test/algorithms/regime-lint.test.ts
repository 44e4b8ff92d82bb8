/** Variants that do nothing in a set-up: the lint says so, and where it says "equals plain policy gradient" the slopes agree. */

import { describe, expect, it } from 'vitest';
import { createAlgorithm } from '../../src/algorithms/index.ts';
import type { MethodOptions } from '../../src/algorithms/methods.ts';
import { type AlgorithmOptions, GRPO_OPTIONS } from '../../src/algorithms/options.ts';
import { lintRegime, type Regime, regimeTable } from '../../src/algorithms/regime-lint.ts';
import { Random } from '../../src/base/random.ts';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import { readRecipe } from '../../src/recipe/read.ts';
import { fixture, trainingBatchOf } from './fixture-batch.ts';

type Options = Partial<AlgorithmOptions> & MethodOptions;

const klCov = { share: 0.2, coef: 1, minCount: 1, logProb: 'current' } as const;
const clipCov = { share: 0.2, low: -1, high: 5, minCount: 1, logProb: 'current' } as const;
const cispo = { cap: 5, floor: 0 } as const;
const vespo = { kPositive: 2, lambdaPositive: 3, kNegative: 3, lambdaNegative: 2 } as const;
const entropyrl = { score: 'chair', rule: 'step', threshold: 1e-4, low: 0.3, high: 0.5, min: 0, max: 10 } as const;
const maxent = {
  form: 'mle-sum',
  tau: 0.3,
  beta: 0,
  qTemperature: 2,
  qEps: 1e-6,
  lengthNormRef: true,
  lengthNormPolicy: true,
  skipZeroVariance: true,
  clip: null,
} as const;
const control = {
  setpoint: 0.5,
  law: 'pi',
  actuator: 'clip_high',
  start: 0.2,
  proportional: 1,
  integral: 0.05,
  step: 0.005,
  width: 0.05,
  min: 0,
  max: 0.5,
} as const;
const correction = { mode: 'token_truncate', min: null, max: 2 } as const;

function regime(options: Options, others: Partial<Regime> = {}): Regime {
  return {
    algorithm: { ...GRPO_OPTIONS, ...options },
    updatesPerStep: 4,
    mostTokensPerUpdate: 1000,
    filtersGroups: false,
    rewardNames: ['chair'],
    takesSamplerLogProbs: false,
    loraDropout: 0,
    measuredEntropy: null,
    ...others,
  };
}

it('a correction from the present policy has its gap, whoever gave the old log-probs', () => {
  const current = regime({ rolloutCorrection: { ...correction, policy: 'current' } }, { takesSamplerLogProbs: true });
  expect(lintRegime(current)).toEqual([]);
});

describe('the table', () => {
  const onPolicy = { updatesPerStep: 1 };
  /** Each row: a set-up in which it speaks, and the nearest one in which it does not. */
  const cases: Readonly<Record<string, readonly [speaks: Regime, silent: Regime]>> = {
    'kl-cov-on-policy': [regime({ klCov }, onPolicy), regime({ klCov })],
    'ratio-on-policy': [regime({ cispo }, onPolicy), regime({ cispo })],
    'sequence-on-policy': [regime({ ratio: 'sequence' }, onPolicy), regime({ ratio: 'sequence' })],
    'entropyrl-on-policy': [regime({ entropyrl }, onPolicy), regime({ entropyrl })],
    'clip-control-on-policy': [regime({ entropyControl: control }, onPolicy), regime({ entropyControl: control })],
    'double-correction': [regime({ vespo, rolloutCorrection: correction }), regime({ vespo })],
    'correction-without-gap': [regime({ rolloutCorrection: correction }, { takesSamplerLogProbs: true }), regime({ rolloutCorrection: correction })],
    'filter-takes-groups': [regime({ maxent }, { filtersGroups: true }), regime({ maxent: { ...maxent, form: 'listwise-ce' } }, { filtersGroups: true })],
    'signal-on-other-tokens': [
      regime({ entropyControl: control, highEntropy: { share: 0.2 } }),
      regime({ entropyControl: { ...control, actuator: 'entropy_coef' }, highEntropy: { share: 0.2 } }),
    ],
    'target-far-from-entropy': [
      regime({ entropyTarget: { target: 0.2, step: 0.005, min: 0, max: 1, start: 0 } }, { measuredEntropy: 0.9 }),
      regime({ entropyTarget: { target: 0.4, step: 0.005, min: 0, max: 1, start: 0 } }, { measuredEntropy: 0.9 }),
    ],
    'missing-score': [regime({ entropyrl }, { rewardNames: ['accuracy'] }), regime({ entropyrl })],
    'share-below-a-token': [regime({ clipCov: { ...clipCov, share: 2e-4 } }), regime({ clipCov })],
    neutral: [regime({ klCov: { ...klCov, coef: 0 } }), regime({ klCov })],
    'adapter-dropout': [regime({}, { loraDropout: 0.05 }), regime({})],
    'law-under-control': [regime({ entropyCoef: 0.03 }), regime({})],
  };

  it('has a case here for every row', () => {
    expect(Object.keys(cases)).toEqual(regimeTable.map(({ id }) => id));
  });

  it.each(regimeTable)('$id speaks where it should, and only there', ({ id, concerns }) => {
    const [speaks, silent] = cases[id]!;
    expect(concerns(speaks).length).toBeGreaterThan(0);
    expect(concerns(silent)).toEqual([]);
  });

  it('says nothing of plain GRPO, on-policy or not', () => {
    expect([...lintRegime(regime({})), ...lintRegime(regime({}, onPolicy))]).toEqual([]);
  });
});

describe('a recipe', () => {
  it('T4: is told at the start that KL-Cov has no effect with one update a step', async () => {
    const overrides = ['model.path=m', 'data.train=p', 'reward=[{"use":"x"}]', 'algorithm.name=kl_cov'];
    const { notes } = await readRecipe({ overrides });
    expect(notes.join('\n')).toContain('algorithm.kl_cov: no effect with one update a step');
    const { notes: two } = await readRecipe({ overrides: [...overrides, 'batch.update_prompts=4'] });
    expect(two.join('\n')).not.toContain('no effect with one update');
  });

  it('T2: with KL-Cov is told that clip ranges are not read, and has the coefficient of the paper, 1', async () => {
    const { notes, recipe } = await readRecipe({
      overrides: ['model.path=m', 'data.train=p', 'reward=[{"use":"x"}]', 'batch.update_prompts=4', 'algorithm.name=kl_cov', 'algorithm.clip_dual=3'],
    });
    expect(notes.join('\n')).toContain('KL-Cov holds no ratio in bounds');
    expect(recipe.algorithm.klCov?.coef).toBe(1);
  });
});

describe('on-policy, r = 1', () => {
  const f6 = fixture('F6');
  const still = { ...f6, oldLogp: f6.logp, oldEntropy: f6.entropy };
  const slopes = async (options: Options): Promise<number[]> => {
    const device = new ReferenceDevice();
    const algorithm = createAlgorithm(options);
    return Array.from(await device.read(algorithm.update(trainingBatchOf(device, still, algorithm), Random.seeded(3)).byLogProb));
  };
  const same = async (variant: Options, base: Options): Promise<void> => {
    const [got, wanted] = [await slopes(variant), await slopes({ ...base, surrogate: 'pg' })];
    expect(wanted.some((slope) => slope !== 0)).toBe(true);
    expect(got.reduce((most, slope, at) => Math.max(most, Math.abs(slope - wanted[at]!)), 0)).toBeLessThan(1e-6);
  };

  const none: readonly (readonly [string, Options])[] = [
    ['the PPO clip', {}],
    ['an asymmetric clip', { clipHigh: 0.28 }],
    ['no dual clip', { clipDual: null }],
    ['the plain ratio', { surrogate: 'plain' }],
    ['CISPO', { cispo }],
    ['DPPO', { dppo: { divergence: 'tv', low: 0.2, high: 0.2, cap: 20 } }],
    ['CE-GPPO', { ceGppo: { lowGain: 0.75, highGain: 1 } }],
    ['ERC', { erc: { low: 0.95, high: 1.05 } }],
    ['SAPO', { sapo: { tauPositive: 1, tauNegative: 1.05 } }],
    ['VESPO', { vespo }],
    ['T4: KL-Cov', { surrogate: 'plain', clipDual: null, klCov }],
    ['EntropyRL', { entropyrl }],
  ];
  it.each(none)('%s is plain policy gradient', (_, options) => same(options, {}));

  const sequence: readonly (readonly [string, Options])[] = [
    ['GSPO', { ratio: 'sequence', clipDual: null, lossAgg: 'seq-mean-token-mean' }],
    ['GMPO', { gmpo: { low: 0.4, high: 0.4 }, lossAgg: 'seq-mean-token-mean' }],
  ];
  it.each(sequence)('%s is GRPO averaged over completions', (_, options) => same(options, { lossAgg: 'seq-mean-token-mean' }));

  it('Clip-Cov still acts', async () => {
    const [got, wanted] = [await slopes({ clipLow: 1, clipHigh: 1, clipDual: null, clipCov }), await slopes({ surrogate: 'pg' })];
    expect(got.filter((slope, at) => slope === 0 && wanted[at] !== 0).length).toBeGreaterThan(0);
  });
});
