/** The exact first-order change of entropy, ΔH = −w·[p_y(ℓ + H) − (S2L + H·S2)] a unit step, against differences of the entropy itself. */

import { describe, expect, it } from 'vitest';
import { Random } from '../../src/base/random.ts';
import { firstOrderEntropyChange } from '../../src/kernels/entropy-change.ts';

const random = Random.seeded(21);

function softmax(logits: readonly number[]): number[] {
  const highest = Math.max(...logits);
  const weights = logits.map((z) => Math.exp(z - highest));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

const entropyOf = (logits: readonly number[]): number => softmax(logits).reduce((sum, p) => sum - p * Math.log(p), 0);

/** What the head's pass says of one token, in float64. */
function moments(logits: readonly number[], y: number) {
  const p = softmax(logits);
  return {
    logProb: Math.log(p[y]!),
    entropy: entropyOf(logits),
    sumP2: p.reduce((sum, value) => sum + value * value, 0),
    sumP2LogP: p.reduce((sum, value) => sum + value * value * Math.log(value), 0),
  };
}

/** The logits after a step of policy gradient of size `step` (weight included) on token y: z + step · ∂ℓ/∂z. */
function moved(logits: readonly number[], y: number, step: number): number[] {
  const p = softmax(logits);
  return logits.map((z, v) => z + step * ((v === y ? 1 : 0) - p[v]!));
}

describe('the first-order change of entropy', () => {
  const cases = Array.from({ length: 24 }, (_, i) => {
    const width = [2, 5, 33, 257][i % 4]!;
    const spread = [0.1, 1, 3][i % 3]!;
    const logits = Array.from({ length: width }, (_, v) => spread * random.normal(i, v));
    return { logits, y: random.below(width, i, 999), weight: 2 * random.normal(i, 998) };
  });

  it('equals central differences of the real entropy along the step, on random logits', () => {
    const h = 1e-5;
    for (const { logits, y, weight } of cases) {
      const difference = (entropyOf(moved(logits, y, h * weight)) - entropyOf(moved(logits, y, -h * weight))) / (2 * h);
      expect(firstOrderEntropyChange(moments(logits, y), weight)).toBeCloseTo(difference, 8);
    }
    // The step goes along ∂ℓ/∂z: the chosen token gains.
    const [{ logits, y }] = [cases[0]!];
    expect(softmax(moved(logits, y, 0.1))[y]!).toBeGreaterThan(softmax(logits)[y]!);
  });

  it('is what the published proxy is not: w·p(1 − p)(ℓ + H) misses by more than a tenth', () => {
    const misses = cases.map(({ logits, y, weight }) => {
      const { logProb, entropy, ...rest } = moments(logits, y);
      const exact = firstOrderEntropyChange({ logProb, entropy, ...rest }, weight);
      const proxy = -weight * Math.exp(logProb) * (1 - Math.exp(logProb)) * (logProb + entropy);
      return Math.abs(proxy - exact) / Math.abs(exact);
    });
    expect(misses.filter((miss) => miss > 0.1).length).toBeGreaterThan(cases.length / 2);
  });

  it('sums to the expected change over the policy: no change of entropy on average for a weight of one', () => {
    // Σ_y p_y ∂ℓ_y/∂z = 0, so the mean over sampled tokens vanishes.
    const { logits } = cases[2]!;
    const mean = softmax(logits).reduce((sum, p, y) => sum + p * firstOrderEntropyChange(moments(logits, y), 1), 0);
    expect(mean).toBeCloseTo(0, 12);
  });
});
