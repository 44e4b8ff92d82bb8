/** The law of reward and entropy: the fit, its band, and when it is none. */

import { describe, expect, it } from 'vitest';
import { entropyLawBand, type EntropyPoint, fitEntropyLaw } from '../../src/algorithms/law.ts';
import { entropyControlsOf } from '../../src/algorithms/regime-lint.ts';
import { Random } from '../../src/base/random.ts';
import { bandRandom, lawWatch } from '../../src/trainer/entropy-law.ts';

const random = Random.seeded(11);
const lawful = (entropy: number, noise = 0): EntropyPoint => ({ entropy, reward: 1.3 - 0.4 * Math.exp(entropy) + noise });
const exact = [1, 0.8, 0.5, 0.2].map((entropy) => lawful(entropy));
/** Points about the law with noise of a known size. */
const noisy = (run: number, count = 12) => Array.from({ length: count }, (_, i) => lawful(1 - i / count, 0.03 * random.normal(i, run)));

describe('the fit', () => {
  it('is exact where the law holds', () => {
    const law = fitEntropyLaw(exact)!;
    expect([law.a, law.b, law.ceiling, law.rmse, law.r2!]).toEqual([0.4, 1.3, 0.9, 0, 1].map((value) => expect.closeTo(value, 12)));
    law.predicted.forEach((value, i) => expect(value).toBeCloseTo(exact[i]!.reward, 12));
  });

  it('and its band are null with fewer than three distinct entropies, points that are not finite left out', () => {
    for (const points of [[], exact.slice(0, 2), [...exact.slice(0, 2), exact[0]!], [...exact.slice(0, 2), { entropy: Number.NaN, reward: 1 }]]) {
      expect(fitEntropyLaw(points)).toBeNull();
      expect(entropyLawBand(points, bandRandom())).toBeNull();
    }
    expect(fitEntropyLaw([...exact.slice(0, 3), { entropy: 2, reward: Number.POSITIVE_INFINITY }])!.predicted).toHaveLength(3);
  });

  it('has no R² where all rewards are equal', () => {
    expect(fitEntropyLaw([1, 0.5, 0.2].map((entropy) => ({ entropy, reward: 0.3 })))).toMatchObject({ r2: null, rmse: 0, ceiling: 0.3 });
  });
});

describe('the band', () => {
  it('is the same for the same points and seed, and another for another seed', () => {
    const bandOf = (seed: number) => entropyLawBand(noisy(0), Random.seeded(seed), { resamples: 200 })!;
    expect(bandOf(1).ceiling).toEqual(bandOf(1).ceiling);
    expect(bandOf(1).ceiling).not.toEqual(bandOf(2).ceiling);
  });

  it('has no width where the law holds exactly', () => {
    const { a, b, ceiling, at } = entropyLawBand(exact, bandRandom())!;
    for (const [range, value] of [[a, 0.4] as const, [b, 1.3] as const, [ceiling, 0.9] as const, [at(0.7), lawful(0.7).reward] as const]) {
      expect(range[0]).toBeCloseTo(value, 9);
      expect(range[1]).toBeCloseTo(value, 9);
    }
  });

  it('holds the fit, grows with its level, and is wider where the curve runs past the points', () => {
    const points = noisy(1);
    const [narrow, wide] = [0.5, 0.95].map((level) => entropyLawBand(points, bandRandom(), { level })!);
    const law = fitEntropyLaw(points)!;
    const width = ([low, high]: readonly [number, number]) => high - low;
    for (const name of ['a', 'b', 'ceiling'] as const) {
      expect(wide![name][0]).toBeLessThan(law[name]);
      expect(wide![name][1]).toBeGreaterThan(law[name]);
      expect(width(wide![name])).toBeGreaterThan(width(narrow![name]));
    }
    expect(wide!.at(0)).toEqual(wide!.ceiling);
    expect(width(wide!.at(2))).toBeGreaterThan(2 * width(wide!.at(0.5)));
  });

  it('holds the true ceiling about as often as it says', () => {
    const runs = 120;
    let held = 0;
    for (let run = 0; run < runs; run++) {
      const [low, high] = entropyLawBand(noisy(100 + run), random.fork(`band.${run}`), { resamples: 200, level: 0.9 })!.ceiling;
      if (low <= 0.9 && 0.9 <= high) held++;
    }
    // 0.9 ± three deviations of a binomial, and the few percent by which percentile intervals of twelve points are short.
    expect(held / runs).toBeGreaterThan(0.75);
    expect(held / runs).toBeLessThan(0.98);
  });
});

describe('over a run', () => {
  const evaluation = ({ entropy, reward }: EntropyPoint) => ({ 'eval/heldout/entropy': entropy, 'eval/heldout/mean@1': reward, 'eval/heldout/pass@8': 1 });

  it('metrics begin with the third evaluation, for each set by itself, and go on from a checkpoint', () => {
    const watch = lawWatch(false);
    const said = exact.map((point) => watch.take({ ...evaluation(point), 'eval/other/entropy': 1, 'eval/other/mean@1': 0 }));
    expect(said.slice(0, 2)).toEqual([{}, {}]);
    expect(said[3]).toMatchObject({ 'law/heldout/ceiling': expect.closeTo(0.9, 9), 'law/heldout/valid': 1 });
    expect(Object.keys(said[3]!).filter((name) => !name.startsWith('law/heldout/'))).toEqual([]);
    const first = lawWatch(false);
    for (const point of exact.slice(0, 2)) first.take(evaluation(point));
    const second = lawWatch(false, first.state());
    second.take(evaluation(exact[2]!));
    expect(second.take(evaluation(exact[3]!))).toEqual(said[3]);
  });

  it('is marked not valid while something holds entropy or the policy, and only then', () => {
    const valid = (isHeld: boolean) => {
      const watch = lawWatch(isHeld);
      return exact.map((point) => watch.take(evaluation(point))['law/heldout/valid']).at(-1);
    };
    expect([valid(true), valid(false)]).toEqual([0, 1]);
    expect(entropyControlsOf({})).toEqual([]);
    expect(entropyControlsOf({ entropyCoef: 0, klCoef: 0, egpo: null })).toEqual([]);
    expect(entropyControlsOf({ entropyCoef: -0.01 })).toEqual(['algorithm.entropy_coef']);
    expect(entropyControlsOf({ klCoef: 0.01 })).toEqual(['algorithm.kl_coef']);
    expect(entropyControlsOf({ tokenMaxent: { alpha: 0.01, average: 'tokens', perLogVocabulary: false, gate: null } })).toEqual(['algorithm.token_maxent']);
    expect(entropyControlsOf({ entropyTarget: { target: 1, step: 0.1, min: 0, max: 1, start: 0 } })).toEqual(['algorithm.entropy_target']);
  });
});
