/** The policy for degenerate batches, case by case, and that every method keeps to it in the whole pipeline. What concerns advantages alone: degenerate.test.ts. */

import { describe, expect, it } from 'vitest';
import { exploreScale } from '../../src/algorithms/bald.ts';
import { createAlgorithm } from '../../src/algorithms/index.ts';
import type { MethodOptions } from '../../src/algorithms/methods.ts';
import type { AlgorithmOptions } from '../../src/algorithms/options.ts';
import { seedScale, semanticEntropy } from '../../src/algorithms/seed-grpo.ts';
import { listwiseTarget } from '../../src/algorithms/stages/listwise.ts';
import { nextTau } from '../../src/algorithms/stages/maxent-control.ts';
import { tempered } from '../../src/algorithms/xdr.ts';
import { Random } from '../../src/base/random.ts';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import { readRecipe } from '../../src/recipe/read.ts';
import { runTiny, tinyRecipe } from '../trainer/tiny-run.ts';
import { type Fixture, fixture, trainingBatchOf } from './fixture-batch.ts';

type Options = Partial<AlgorithmOptions> & MethodOptions;

const bald = { form: 'additive', passes: 8, dropout: 0.1, positions: 'per_token', coef: 1, aleatoricCoef: 0, exploreCoef: 0.5, cap: 3 } as const;
const target = { tau: 0.3, beta: 0.1, qTemperature: 2, qEps: 1e-6 } as const;
const maxent = { ...target, form: 'listwise-ce', lengthNormRef: true, lengthNormPolicy: true, skipZeroVariance: true, clip: null } as const;
const clipCov = { share: 0.2, low: -1, high: 5, minCount: 1, logProb: 'current' } as const;
const entropyrl = { score: 'chair', rule: 'step', threshold: 1e-4, low: 0.3, high: 0.5, min: 0, max: 10 } as const;

const methods: Readonly<Record<string, Options>> = {
  grpo: {},
  'sequence ratio': { ratio: 'sequence', clipDual: null, lossAgg: 'seq-mean-token-mean' },
  cispo: { cispo: { cap: 5, floor: 0 } },
  egpo: { egpo: { signal: 'nll', segment: 'answer', weightMin: 0.5, weightMax: 2, eps: 1e-6, version: 3, negatives: 'original' } },
  edge: { edge: { weight: 'zscore', weightMin: 0.5, weightMax: 2, beta: 1, zClip: 3, eps: 1e-6 } },
  seed_grpo: { seedGrpo: { alpha: 1 } },
  xdr: { xdr: { tau: 0.3 } },
  entropyrl: { entropyrl },
  'maxent listwise-ce': { maxent },
  'maxent mle-sum': { maxent: { ...maxent, form: 'mle-sum' } },
  'maxent mle-mean': { maxent: { ...maxent, form: 'mle-mean' } },
  'bald additive': { bald },
  'bald mult': { bald: { ...bald, form: 'mult' } },
  'bald mult-quality': { bald: { ...bald, form: 'mult-quality' } },
  clip_cov: { clipLow: 1, clipHigh: 1, clipDual: null, clipCov },
  kl_cov: { surrogate: 'plain', clipDual: null, klCov: { share: 0.2, coef: 1, minCount: 1, logProb: 'current' } },
  high_entropy: { highEntropy: { share: 0.3 } },
  siren: { siren: { coef: 0.05, quantile: 0.5, anchor: 0.9 } },
  'kl and entropy': { klCoef: 0.1, entropyCoef: 0.01 },
};

async function say(options: Options, f: Fixture) {
  const device = new ReferenceDevice();
  const algorithm = createAlgorithm(options);
  const batch = trainingBatchOf(device, f, algorithm);
  const update = algorithm.update(batch, Random.seeded(3));
  const slopes = [...(await device.read(update.byLogProb)), ...(await device.read(update.byEntropy))];
  return { advantages: batch.advantages, slopes, metrics: await update.readMetrics() };
}

const f6 = fixture('F6');
const emptied = (f: Fixture, ...rows: readonly number[]): Fixture => ({ ...f, mask: f.mask.map((row, i) => (rows.includes(i) ? row.map(() => 0) : row)) });
const withRewards = (f: Fixture, change: (reward: Fixture['reward'][number], row: number) => Fixture['reward'][number]): Fixture => ({
  ...f,
  reward: f.reward.map(change),
});

/** Rows in groups of sizes 1, 2, … in place of those of the fixture. */
const unequal = (f: Fixture): Fixture => ({ ...f, group: f.group.map((_, row) => Math.floor((Math.sqrt(8 * row + 1) - 1) / 2)) });

const batches: Readonly<Record<string, Fixture>> = {
  'a NaN reward and a missing one': withRewards(f6, (reward, row) => (row === 1 ? 'NaN' : row === 5 ? null : reward)),
  'a group without any reward': withRewards(f6, (reward, row) => (f6.group[row] === f6.group[0] ? 'NaN' : reward)),
  'missing outside scores': { ...f6, chairI: f6.chairI.map((score, row) => (row % 3 === 0 ? Number.NaN : score)) },
  'empty completions': emptied(f6, 0, 4),
  'a group of empty completions': emptied(f6, ...f6.group.flatMap((group, row) => (group === f6.group[0] ? [row] : []))),
  'groups of one': { ...f6, group: f6.group.map((_, row) => row) },
  'groups of unequal size': unequal(f6),
  'equal rewards': withRewards(f6, () => 1),
  'all tokens masked': emptied(f6, ...f6.group.keys()),
};

describe.each(Object.entries(batches))('§6.3, %s', (name, f) => {
  it.each(Object.entries(methods))('%s stays finite, and moves no token that has no part in it', async (method, options) => {
    const { advantages, slopes, metrics } = await say(options, f);
    expect([...advantages, ...slopes].every(Number.isFinite)).toBe(true);
    expect([metrics['loss'], metrics['policy_loss']].every(Number.isFinite), JSON.stringify(metrics)).toBe(true);
    f.reward.forEach((reward, row) => {
      if (reward === null || reward === 'NaN') expect(advantages[row]).toBe(0);
    });
    f.mask.flat().forEach((one, at) => one === 0 && expect([Math.abs(slopes[at]!), Math.abs(slopes[at + f.mask.flat().length]!)]).toEqual([0, 0]));
    if (name !== 'all tokens masked') return;
    expect(slopes.some((slope) => slope !== 0)).toBe(false);
    // SIREN charges the distance of the mean entropy from its anchor, which is a constant where no token has a part.
    if (method !== 'siren') expect(metrics['loss']).toBe(0);
  });
});

describe('§6.3, rows that are left out', () => {
  it('a missing reward is no part of mean and deviation: the others are as without its row', async () => {
    const three = { ...f6, group: f6.group.map((_, row) => (row < 4 ? 0 : row)) };
    const rewards = [1, 'NaN', 0, 0.5];
    const { advantages } = await say(
      {},
      withRewards(three, (reward, row) => rewards[row] ?? reward),
    );
    const [mean, std] = [0.5, 0.5];
    [1, Number.NaN, 0, 0.5].forEach((reward, row) => expect(advantages[row]).toBeCloseTo(Number.isNaN(reward) ? 0 : (reward - mean) / (std + 1e-6), 9));
  });

  it('a completion cut at the limit counts in its group and not in the loss, under mask_truncated', async () => {
    const cut = { ...f6, truncated: f6.truncated.map((_, row) => (row === 0 ? 1 : 0)) };
    const [kept, masked] = [await say({}, cut), await say({ maskTruncated: true }, cut)];
    expect([...masked.advantages]).toEqual([...kept.advantages]);
    expect(masked.slopes.slice(0, f6.T).every((slope) => Math.abs(slope) === 0)).toBe(true);
    expect(kept.slopes.slice(0, f6.T).some((slope) => slope !== 0)).toBe(true);
  });

  it('an empty row has no part in the softmax of MaxEnt: the targets of the others are those of a group without it', () => {
    const weights = (utilities: readonly number[]) =>
      listwiseTarget(
        utilities,
        utilities.map(() => -1),
        { ...target, denominator: 'tau+beta' },
      ).weights;
    expect(weights([1, 0]).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 12);
    expect(weights([1, 0, 0])[0]).not.toBeCloseTo(weights([1, 0])[0]!, 3);
  });
});

describe('§6.3, numbers that would divide by zero', () => {
  const denominator = 'tau+beta';
  it('MaxEnt: τ + β ≤ 0 counts as 1, the floor of q stays below 1/K, one completion has weight 1', () => {
    const [zero, one] = [0, 1].map((tau) => listwiseTarget([1, 0], [-1, -2], { ...target, tau, beta: 0, denominator }));
    expect(zero!.weights).toEqual(one!.weights);
    expect(listwiseTarget([9, 0, 0], [0, 0, 0], { ...target, qEps: 5, denominator }).q.every((value) => value > 0 && value < 1)).toBe(true);
    expect(listwiseTarget([0.3], [-7], { ...target, denominator }).weights).toEqual([1]);
  });

  it('MaxEnt: no largest τ is no cap', () => {
    const options = { lr: 10, min: 1e-6, decay: 0 };
    const state = { tau: 1, logTau: 0, mean: null };
    const uncapped = nextTau(state, 0, 1, { ...options, max: null });
    expect(Math.exp(uncapped.logTau)).toBeGreaterThan(1000);
    expect(Math.exp(nextTau(state, 0, 1, { ...options, max: 1 }).logTau)).toBeCloseTo(1, 9);
  });

  it('xDr: equal utilities give exactly 1, rows without tokens 0, τ = 0 the best alone', () => {
    const group = { prompt: 0, rows: [0, 1, 2, 3] };
    expect(tempered([0.1, 0.1, 0.1, 0.1], group, 0.3, () => true)).toEqual([1, 1, 1, 1]);
    expect(tempered([9, 0.1, 0.1, 0.1], group, 0.3, (row) => row > 0)).toEqual([0, 1, 1, 1]);
    expect(tempered([1, 0, 1, 0], group, 0, () => true)).toEqual([2, 0, 2, 0]);
  });

  it('SEED: an answer that could not be read is a cluster of its own; a group of one is not scaled', () => {
    expect(semanticEntropy([-1, -1, -1], [null, null, null])).toBeCloseTo(Math.log(3), 12);
    expect(semanticEntropy([-1, -1, -1], ['7', '7', '7'])).toBeCloseTo(0, 12);
    expect(seedScale(0.5, 1, 1)).toBe(1);
  });

  it('BALD: a group of one, and one whose passes agree alike, have z = 0 and factor 0.5', () => {
    const options = { form: 'mult', exploreCoef: 0.5, cap: 3 } as const;
    expect(exploreScale([0.4], [1], [{ prompt: 0, rows: [0] }], options)).toMatchObject({ z: [0], factor: [0.5], scale: [1] });
    expect(exploreScale([0.4, 0.4], [1, 0], [{ prompt: 0, rows: [0, 1] }], options)).toMatchObject({ z: [0, 0], factor: [0.5, 0.5], scale: [1, 1] });
  });

  it('Clip-Cov takes all candidates where they are fewer than its budget, and none at share 0 with min_count 0', async () => {
    const all = { ...clipCov, share: 1 };
    const { metrics } = await say({ clipLow: 1, clipHigh: 1, clipDual: null, clipCov: all }, f6);
    expect(metrics['select/candidate_share']).toBeGreaterThan(0);
    expect(metrics['select/candidate_share']).toBeLessThan(1);
    expect(metrics['select/dropped_share']).toBeCloseTo(metrics['select/candidate_share']!, 12);
    const base = await say({ clipLow: 1, clipHigh: 1, clipDual: null }, f6);
    expect((await say({ clipLow: 1, clipHigh: 1, clipDual: null, clipCov: { ...clipCov, share: 0, minCount: 0 } }, f6)).slopes).toEqual(base.slopes);
  });

  it('a log-ratio far out is held at ±20 before exp, also by the Cov methods', async () => {
    const far = { ...f6, oldLogp: f6.oldLogp.map((row) => row.map((value) => value - 500)) };
    for (const name of ['grpo', 'clip_cov', 'kl_cov']) expect((await say(methods[name]!, far)).slopes.every(Number.isFinite)).toBe(true);
  });
});

describe('bad input through a recipe', () => {
  const enough = ['model.path=m', 'data.train=p', 'reward=[{"use":"x"}]'];
  const refused: readonly (readonly [override: string, says: RegExp])[] = [
    ['rollout.n=1', /rollout\.n: expected .*2/],
    ['rollout.n=0', /rollout\.n: expected .*1.*, got 0/],
    ['rollout.temperature=-1', /rollout\.temperature: expected .*0.*, got -1/],
    ['rollout.top_p=2', /rollout\.top_p: expected .*1.*, got 2/],
    ['batch.update_prompts=7', /batch\.update_prompts: expected .*got 7/],
    ['optim.lr=-1', /optim\.lr: expected .*got -1/],
    ['optim.betas=[0.9,1]', /optim\.betas\.1: expected .*got 1/],
    ['algorithm.kl_coef=-0.1', /algorithm\.kl_coef: expected .*0.*, got -0\.1/],
    ['algorithm.clip_dual=1', /algorithm\.clip_dual: expected .*1.*, got 1/],
    ['algorithm.loss_agg=mean', /algorithm\.loss_agg: expected .*token-mean.*, got "mean"/],
    ['algorithm.clip_cov={"share":1.5}', /algorithm\.clip_cov\.share: expected .*1.*, got 1\.5/],
    ['algorithm.egpo={"segment":"all"}', /algorithm\.egpo\.segment: expected .*answer.*, got "all"/],
    ['algorithm.bald={"dropout":1}', /algorithm\.bald\.dropout: expected .*got 1/],
    ['algorithm.maxent={"tau":-1}', /algorithm\.maxent\.tau: expected .*0.*, got -1/],
    ['algorithm.high_entropy={"quantile":0.8}', /algorithm\.high_entropy\.quantile/],
    ['algorithm.entropy_control={"setpoint":"high"}', /algorithm\.entropy_control\.setpoint/],
  ];
  it.each(refused)('%s is refused with the option, its value and its range', async (override, says) => {
    await expect(readRecipe({ overrides: [...enough, override] })).rejects.toThrow(says);
  });

  it('two policy terms at once, or two terms of entropy, are refused by name', async () => {
    const built = async (...overrides: string[]) => createAlgorithm((await readRecipe({ overrides: [...enough, ...overrides] })).recipe.algorithm);
    await expect(built('algorithm.cispo={}', 'algorithm.gmpo={}')).rejects.toThrow(/algorithm\.cispo and algorithm\.gmpo.*expected one policy term, got 2/);
    await expect(built('algorithm.siren={}', 'algorithm.entropy_target={}')).rejects.toThrow(/expected one entropy term, got 2/);
  });

  it('a reward that is NaN on some rows leaves those rows without effect, and the run goes on', async () => {
    let calls = 0;
    const judge = () => (++calls % 5 === 0 ? Number.NaN : calls % 3);
    const { error, rows, completions } = await runTiny(new ReferenceDevice(), await tinyRecipe('reward=[{"use":"test:judge"}]', 'steps=2'), {
      judges: { judge },
    });
    expect(error).toBeUndefined();
    expect(completions.filter(({ reward }) => Number.isNaN(reward)).length).toBeGreaterThan(0);
    expect(completions.every(({ reward, advantage }) => !Number.isNaN(reward) || advantage === 0)).toBe(true);
    expect(rows.every((row) => Number.isFinite(row['loss']))).toBe(true);
  });
});
