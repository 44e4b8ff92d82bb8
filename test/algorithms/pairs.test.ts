/** Every two of a list of variants in one pipeline: what must hold whatever is put together. */

import { describe, expect, it } from 'vitest';
import { createAlgorithm } from '../../src/algorithms/index.ts';
import type { MethodOptions } from '../../src/algorithms/methods.ts';
import type { AlgorithmOptions } from '../../src/algorithms/options.ts';
import { Random } from '../../src/base/random.ts';
import { tensorOf } from '../../src/gpu/device.ts';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import { fixture, lengthsOf, miniBatchOf, rolloutBatchOf } from './fixture-batch.ts';

type Options = Partial<AlgorithmOptions> & MethodOptions;

const target = { tau: 0.3, beta: 0.1, qTemperature: 2, qEps: 1e-6, lengthNormRef: true, lengthNormPolicy: true, skipZeroVariance: true, clip: 0.2 };
const variants: readonly (readonly [string, Options])[] = [
  ['gspo', { ratio: 'sequence', clipDual: null, lossAgg: 'seq-mean-token-mean' }],
  ['mask_truncated', { maskTruncated: true }],
  ['egpo', { egpo: { signal: 'nll', segment: 'answer', weightMin: 0.5, weightMax: 2, eps: 1e-6, version: 3, negatives: 'original' } }],
  ['xdr', { xdr: { tau: 0.3 } }],
  ['maxent', { maxent: { ...target, form: 'listwise-ce' } }],
  ['vespo', { vespo: { kPositive: 2, lambdaPositive: 3, kNegative: 3, lambdaNegative: 2 } }],
  ['entropy_shaping', { entropyShaping: { alpha: 0.4, kappa: 2 } }],
  ['off_policy_mask', { offPolicyMask: { threshold: 0.02 } }],
  ['rollout_rejection', { rolloutRejection: { statistic: 'token_k2', max: 0.001, min: null } }],
  ['rollout_correction', { rolloutCorrection: { mode: 'sequence_mask', min: 0.9, max: 1.1, batchNormalize: true } }],
  ['clip_cov', { clipCov: { share: 0.2, low: -1, high: 5, minCount: 1, logProb: 'current' } }],
  ['gdpo', { advantage: 'gdpo' }],
];
const pairs = variants
  .flatMap(([name, options], i) => variants.slice(i).map(([other, more]) => [name, other, { ...options, ...more }] as const))
  // These two are each a policy term.
  .filter(([name, other]) => !(name === 'maxent' && other === 'vespo'));

const f6 = fixture('F6');
/** The first group has equal rewards, and some completions were cut. */
const f = {
  ...f6,
  reward: f6.reward.map((_, row) => (f6.group[row] === f6.group[0] ? 1 : (row % 4) / 4)),
  truncated: f6.truncated.map((_, row) => (row % 5 === 2 ? 1 : 0)),
};

/** The slopes of each row that takes part, and what the step says; `leavesOut`: without the groups that the algorithm calls uninformative, as a trainer cuts it. */
async function say(options: Options, leavesOut: boolean) {
  const device = new ReferenceDevice();
  const algorithm = createAlgorithm(options);
  const rollouts = rolloutBatchOf(f);
  const { values, terms, tokens, inLoss, tokensInLoss, informative } = algorithm.advantages(rollouts);
  const mask = f.mask.map((row, i) => row.map((one, t) => (inLoss[i] === 0 ? 0 : one * (tokensInLoss?.[i * f.T + t] ?? 1))));
  const groups = rollouts.groups.filter((_, g) => !leavesOut || informative[g] === 1);
  const rows = groups.flatMap((group) => group.rows).toSorted((a, b) => a - b);
  const pick = <T>(of: ArrayLike<T>): T[] => rows.map((row) => of[row]!);
  const [logp, oldLogp, refLogp, samplerLogp] = [pick(f.logp), pick(f.oldLogp), pick(f.refLogp), pick(f.samplerLogp)];
  const part = { ...f, B: rows.length, mask: pick(mask), group: pick(f.group), logp, oldLogp, refLogp, samplerLogp };
  const lengths = lengthsOf({ mask });
  const batch = {
    ...miniBatchOf(device, { ...part, entropy: pick(f.entropy), oldEntropy: pick(f.oldEntropy) }, pick(values)),
    tokenCount: lengths.reduce((sum, length) => sum + length, 0),
    rowCount: lengths.filter((length) => length > 0).length,
    rowIds: Uint32Array.from(rows),
    terms: new Map([...terms].map(([name, of]) => [name, Float64Array.from(pick(of))])),
    ...(tokens && {
      tokenAdvantages: tensorOf(
        device,
        'f32',
        [rows.length, f.T],
        rows.flatMap((row) => [...tokens.subarray(row * f.T, (row + 1) * f.T)]),
        'test/tokens',
      ),
    }),
  };
  const update = algorithm.update(batch, Random.seeded(3));
  const flat = Array.from(await device.read(update.byLogProb));
  const slopes = new Map(rows.map((row, at) => [row, flat.slice(at * f.T, (at + 1) * f.T)]));
  return { slopes, mask, isCut: rows.length < f.B, metrics: await update.readMetrics() };
}

describe('two variants together', () => {
  it.each(pairs)('%s and %s stay finite, keep to the mask, and move nothing else when groups of equal rewards are left out', async (_, __, options) => {
    const [whole, part] = [await say(options, false), await say(options, true)];
    expect([...whole.slopes.values()].flat().every(Number.isFinite)).toBe(true);
    expect(Number.isFinite(whole.metrics['loss'])).toBe(true);
    for (const [row, slopes] of whole.slopes) {
      const others = part.slopes.get(row) ?? slopes.map(() => 0);
      slopes.forEach((slope, t) => {
        if (whole.mask[row]![t] === 0) expect(Math.abs(slope)).toBe(0);
        expect(Math.abs(slope - others[t]!)).toBeLessThan(1e-12);
      });
    }
    expect(Math.abs(whole.metrics['loss']! - part.metrics['loss']!)).toBeLessThan(1e-9);
  });

  it('some of them do leave groups out', async () => {
    const cut = await Promise.all(pairs.map(async ([, , options]) => (await say(options, true)).isCut));
    expect(cut.filter(Boolean).length).toBeGreaterThan(pairs.length / 2);
  });
});
