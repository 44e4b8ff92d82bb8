import { describe, expect, it } from 'vitest';
import { createAlgorithm } from '../../src/algorithms/index.ts';
import { Random } from '../../src/base/random.ts';
import { ReferenceDevice } from '../../src/gpu/reference-device.ts';
import { fixture, miniBatchOf, rolloutBatchOf } from './fixture-batch.ts';

const random = Random.seeded(7);

async function updateOf(algorithm = createAlgorithm(), f = fixture('F0')) {
  const device = new ReferenceDevice();
  const update = algorithm.update(miniBatchOf(device, f), random);
  return { byLogProb: await device.read(update.byLogProb), byEntropy: await device.read(update.byEntropy), metrics: await update.readMetrics() };
}

describe('GRPO', () => {
  it('sets each row against its group: (R − mean) / (std₁ + eps)', () => {
    const { values, informative } = createAlgorithm().advantages(rolloutBatchOf(fixture('F0')));
    expect([...values].map((value) => value.toFixed(9))).toEqual(['0.707105781', '-0.707105781', '0.707104781', '-0.707104781']);
    expect([...informative]).toEqual([1, 1]);
  });

  it('gives exactly 0 to equal rewards, to a group of one, and to a missing reward', () => {
    const f = { ...fixture('F0'), group: [0, 0, 0, 1], reward: [0.1, 0.1, 'NaN', 3] };
    const { values, informative } = createAlgorithm().advantages(rolloutBatchOf(f));
    expect([...values]).toEqual([0, 0, 0, 0]);
    expect([...informative]).toEqual([0, 0]);
  });

  it('keeps groups of equal rewards where a KL or entropy term moves them', () => {
    const f = { ...fixture('F0'), reward: [1, 1, 1, 1] };
    expect([...createAlgorithm({ entropyCoef: 0.01 }).advantages(rolloutBatchOf(f)).informative]).toEqual([1, 1]);
    expect([...createAlgorithm({ klCoef: 0.01 }).advantages(rolloutBatchOf(f)).informative]).toEqual([1, 1]);
  });

  it('clips as verl does: the slopes and loss of its F0 case', async () => {
    const { byLogProb, byEntropy, metrics } = await updateOf();
    const expected = [
      -0.0571815284495, 0, -0.0492165976407, 0, 0, 0.0601132881055, 0.069841676564, 0, 0, -0.0402950850645, 0, 0, 0, 0.0533156283395, 0.0543926754763,
      0.0811443366463,
    ];
    expected.forEach((slope, at) => expect(byLogProb[at]).toBeCloseTo(slope, 9));
    expect(metrics['loss']).toBeCloseTo(0.182992805996, 9);
    expect(metrics['clip_ratio/region_mean']).toBeCloseTo(0.307692307, 7);
    expect(metrics['ppo_kl']).toBeCloseTo(-0.198461538, 7);
    expect(metrics['pg_clipfrac_lower']).toBeCloseTo(0.0769230768, 7);
    expect([...byEntropy]).toEqual(new Array(16).fill(0));
  });

  it('adds KL and takes the entropy bonus off: loss = policy + β·k3 − c·H', async () => {
    const { metrics, byEntropy } = await updateOf(createAlgorithm({ klCoef: 0.1, entropyCoef: 0.01 }));
    expect(metrics['loss']).toBeCloseTo(metrics['policy_loss']! + 0.1 * metrics['kl']! - 0.01 * metrics['entropy']!, 9);
    expect(byEntropy[0]).toBeCloseTo(-0.01 / 13, 12);
    expect(byEntropy[7]).toBe(0);
  });

  it('lowers rewards by KL when asked to, before groups are compared', () => {
    const plain = createAlgorithm().advantages(rolloutBatchOf(fixture('F0'))).values;
    const charged = createAlgorithm({ klCoef: 0.5, klInReward: true }).advantages(rolloutBatchOf(fixture('F0'))).values;
    expect(createAlgorithm({ klCoef: 0.5, klInReward: true }).needs).toMatchObject({ reference: true, tables: true });
    expect([...charged]).not.toEqual([...plain]);
  });

  it('takes truncated rows out of the loss, not out of their group', () => {
    const { inLoss, values } = createAlgorithm({ maskTruncated: true }).advantages(rolloutBatchOf(fixture('F0')));
    expect([...inLoss]).toEqual([0, 1, 1, 0]);
    expect(values[0]).not.toBe(0);
  });
});
