/** What the golden cases, one variant each, do not reach: variants side by side in one pipeline. */

import { describe, expect, it } from 'vitest';
import { createAlgorithm } from '../../src/algorithms/index.ts';
import type { MethodOptions } from '../../src/algorithms/methods.ts';
import type { AlgorithmOptions } from '../../src/algorithms/options.ts';
import { quantileCounts } from '../../src/algorithms/stages/select.ts';
import { Random } from '../../src/base/random.ts';
import { tensorOf } from '../../src/gpu/device.ts';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import { type Fixture, fixture, miniBatchOf, rolloutBatchOf, trainingBatchOf } from './fixture-batch.ts';

type Options = Partial<AlgorithmOptions> & MethodOptions;

const f6 = fixture('F6');
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

async function say(options: Options, f: Fixture = f6) {
  const device = new ReferenceDevice();
  const algorithm = createAlgorithm(options);
  const update = algorithm.update(trainingBatchOf(device, f, algorithm), Random.seeded(3));
  return { slopes: Array.from(await device.read(update.byLogProb)), metrics: await update.readMetrics() };
}

const rowSums = (slopes: readonly number[], { T, mask }: Fixture): number[] => mask.map((row, i) => sum(row.map((one, t) => one * slopes[i * T + t]!)));

describe('surrogates that weigh whole completions, beside selections of tokens', () => {
  const share = { highEntropy: { share: 0.3 } };
  const vespo = { vespo: { kPositive: 2, lambdaPositive: 3, kNegative: 3, lambdaNegative: 2 } };
  // Bounds so wide that no token is held: every slope is then the token's loss.
  const gmpo = { gmpo: { low: 20, high: 20 } };

  it.each([
    ['vespo', vespo],
    ['gmpo', gmpo],
  ])('%s moves the tokens that are kept as without the selection, and no other', async (_, options) => {
    const [all, kept] = [await say(options), await say({ ...options, ...share })];
    const keep = (await say({ surrogate: 'pg', ...share })).slopes.map((slope) => (slope === 0 ? 0 : 1));
    expect(sum(keep)).toBeGreaterThan(0);
    expect(sum(keep)).toBeLessThan(all.slopes.filter((slope) => slope !== 0).length);
    kept.slopes.forEach((slope, at) => expect(slope).toBeCloseTo(keep[at]! * all.slopes[at]!, 12));
  });

  it('their loss is of the kept tokens', async () => {
    const [weighed, geometric] = [await say({ ...vespo, ...share }), await say({ ...gmpo, ...share })];
    const logProbs = f6.logp.flat();
    expect(weighed.metrics['loss']).toBeCloseTo(sum(weighed.slopes.map((slope, at) => (slope === 0 ? 0 : slope * logProbs[at]!))), 9);
    expect(geometric.metrics['loss']).toBeCloseTo(sum(geometric.slopes), 9);
  });

  it('the correction for the sampler still joins their ratio', async () => {
    const corrected = { rolloutCorrection: { mode: 'token_truncate', max: 2, min: null } } as const;
    const [all, kept] = [await say({ ...vespo, ...corrected }), await say({ ...vespo, ...corrected, ...share })];
    expect(all.slopes).not.toEqual((await say(vespo)).slopes);
    kept.slopes.forEach((slope, at) => slope !== 0 && expect(slope).toBeCloseTo(all.slopes[at]!, 12));
    const clipped = [await say({ ...corrected, ...share }), await say(corrected), await say(share)];
    const plain = await say({});
    clipped[0]!.slopes.forEach((slope, at) => expect(slope * plain.slopes[at]!).toBeCloseTo(clipped[1]!.slopes[at]! * clipped[2]!.slopes[at]!, 12));
  });
});

describe('rows left out of the loss', () => {
  const maxent = { form: 'listwise-ce', tau: 0.3, beta: 0, qTemperature: 2, qEps: 1e-6, lengthNormRef: true, lengthNormPolicy: true } as const;
  const listwise = { maxent: { ...maxent, skipZeroVariance: true, clip: null } };
  const cut = { ...f6, truncated: f6.truncated.map((_, row) => (row === 0 ? 1 : 0)) };
  const emptied = { ...f6, mask: f6.mask.map((row, i) => (i === 0 ? row.map(() => 0) : row)) };

  it('are no candidates of MaxEnt: a masked completion is as one without tokens, and the group’s gradient sums to 0', async () => {
    const [masked, without] = [await say({ ...listwise, maskTruncated: true }, cut), await say(listwise, emptied)];
    expect(masked.slopes).toEqual(without.slopes);
    expect(masked.metrics['loss']).toBe(without.metrics['loss']);
    const own = f6.group.flatMap((group, row) => (group === f6.group[0] ? [row] : []));
    // With the mean log-prob as score, a row's slopes sum to p − w.
    expect(sum(own.map((row) => rowSums(masked.slopes, f6)[row]!))).toBeCloseTo(0, 9);
  });

  it('have no weight in xDr, and the others have all of it', () => {
    const weights = createAlgorithm({ xdr: { tau: 0.3 }, maskTruncated: true })
      .advantages(rolloutBatchOf(cut))
      .terms.get('rowWeight')!;
    const own = f6.group.flatMap((group, row) => (group === f6.group[0] ? [row] : []));
    expect(weights[0]).toBe(0);
    expect(sum(own.map((row) => weights[row]!))).toBeCloseTo(own.length - 1, 9);
  });

  it('have none either where rollout_rejection leaves them out', () => {
    const batch = rolloutBatchOf(f6);
    const rejection = { rolloutRejection: { statistic: 'seq_mean_k2', max: 1e-3, min: null } } as const;
    const { terms, inLoss } = createAlgorithm({ xdr: { tau: 0.3 }, ...rejection }).advantages(batch);
    expect([...inLoss]).toContain(0);
    inLoss.forEach((one, row) => one === 0 && expect(terms.get('rowWeight')![row]).toBe(0));
  });
});

describe('off_policy_mask', () => {
  const mask = { offPolicyMask: { threshold: 0 } };
  /** Every row drifts by as much, and the first half of them did badly. */
  async function keptOf(options: Options, tokenAdvantages?: readonly number[]) {
    const device = new ReferenceDevice();
    const drifted = { ...f6, samplerLogp: f6.logp.map((row) => row.map((logProb) => logProb + 0.1)) };
    const batch = {
      ...miniBatchOf(
        device,
        drifted,
        f6.group.map((_, row) => (row < f6.B / 2 ? -1 : 1)),
      ),
      ...(tokenAdvantages && { tokenAdvantages: tensorOf(device, 'f32', [f6.B, f6.T], tokenAdvantages, 'test/token-advantages') }),
    };
    const update = createAlgorithm({ surrogate: 'pg', ...mask, ...options }).update(batch, Random.seeded(1));
    const slopes = Array.from(await device.read(update.byLogProb));
    return { moved: f6.mask.map((_, i) => slopes.slice(i * f6.T, (i + 1) * f6.T).some((slope) => slope !== 0)), metrics: await update.readMetrics() };
  }
  const hasTokens = f6.mask.map((row) => sum(row) > 0);
  const expected = f6.mask.map((_, row) => row >= f6.B / 2 && hasTokens[row]!);

  it('judges a completion as a whole where the entropy of its first token has brought that token’s advantage to 0', async () => {
    expect((await keptOf({})).moved).toEqual(expected);
    expect((await keptOf({ entropyShaping: { alpha: 100, kappa: 1 } })).moved).toEqual(expected);
  });

  it('judges it as a whole where tokens have advantages of their own', async () => {
    const table = f6.mask.flatMap((row, i) => row.map((_, t) => (i < f6.B / 2 ? (t === 0 ? 0.5 : -1) : t === 0 ? -0.5 : 1)));
    expect((await keptOf({}, table)).moved).toEqual(expected);
  });

  it('says what share it leaves out of all tokens, also of rows that are not in the update', async () => {
    const device = new ReferenceDevice();
    const batch = miniBatchOf(device, { ...f6, samplerLogp: f6.logp }, new Float64Array(f6.B).fill(1));
    const update = createAlgorithm(mask).update({ ...batch, tokenCount: 2 * batch.tokenCount, rowCount: 2 * batch.rowCount }, Random.seeded(1));
    expect((await update.readMetrics())['select/off_policy_share']).toBe(0);
  });
});

describe('vespo', () => {
  it('says the mean weight of the completions in the update, whatever groups were left out', async () => {
    const device = new ReferenceDevice();
    const batch = { ...miniBatchOf(device, { ...f6, oldLogp: f6.logp }) };
    const options = { vespo: { kPositive: 2, lambdaPositive: 3, kNegative: 3, lambdaNegative: 2 } };
    const update = createAlgorithm(options).update({ ...batch, tokenCount: 2 * batch.tokenCount, rowCount: 2 * batch.rowCount }, Random.seeded(1));
    expect((await update.readMetrics())['vespo/phi_seq_mean']).toBeCloseTo(1, 9);
  });
});

describe('targets of MaxEnt', () => {
  it('stand in place of advantages that tokens have of their own', async () => {
    const target = { tau: 0.3, beta: 0, qTemperature: 2, qEps: 1e-6, lengthNormRef: true, lengthNormPolicy: true, skipZeroVariance: true, clip: null };
    for (const form of ['mle-sum', 'mle-mean'] as const) {
      const maxent = { ...target, form };
      const [alone, beside] = [await say({ maxent }), await say({ maxent, advantage: 'reinforce_pp' })];
      expect(beside.slopes).toEqual(alone.slopes);
      expect(beside.metrics['loss']).toBe(alone.metrics['loss']);
    }
  });
});

describe('shares of clipped tokens', () => {
  it('are of all tokens of a mini-batch, those of groups that have no slope included', async () => {
    const device = new ReferenceDevice();
    const batch = miniBatchOf(device, f6);
    const clipped = async (tokenCount: number) =>
      (
        await createAlgorithm()
          .update({ ...batch, tokenCount }, Random.seeded(1))
          .readMetrics()
      )['clip_ratio/region_mean']!;
    const whole = await clipped(batch.tokenCount);
    expect(whole).toBeGreaterThan(0);
    expect(await clipped(2 * batch.tokenCount)).toBeCloseTo(whole / 2, 12);
  });
});

describe('quantiles', () => {
  it('keep the token at the quantile, also where 1 − share is not what is written', () => {
    expect([...quantileCounts(1 - 0.7, [11], 11, 'row')]).toEqual([4]);
    expect([...quantileCounts(1 - 0.45, [101], 101, 'row')]).toEqual([56]);
    expect([...quantileCounts(0.8, [7], 7, 'row'), ...quantileCounts(0.8, [7], 7, 'row', true)]).toEqual([6, 5]);
  });
});

describe('remax beside a price on length', () => {
  it('compares with a greedy completion that pays it too', () => {
    const batch = rolloutBatchOf(f6);
    const long = { ...batch, lengths: new Uint32Array(f6.B).fill(f6.T), greedyLengths: new Uint32Array(batch.groups.length).fill(f6.T) };
    const overlong = { overlong: { buffer: 15, factor: 1 } };
    const [plain, priced] = [{}, overlong].map((options) => createAlgorithm({ advantage: 'remax', ...options }).advantages(long).values);
    const short = createAlgorithm({ advantage: 'remax', ...overlong }).advantages({ ...long, greedyLengths: new Uint32Array(batch.groups.length) }).values;
    priced!.forEach((value, row) => expect(value).toBeCloseTo(plain![row]!, 12));
    expect([...short]).not.toEqual([...plain!]);
  });
});
