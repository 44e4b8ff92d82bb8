import { describe, expect, it } from 'vitest';
import { TrainerError } from '../../src/base/errors.ts';
import { Random } from '../../src/base/random.ts';
import { LARGEST_ANGLE, sineCosine } from '../../src/base/trigonometry.ts';

/** Digits of sine and cosine from an arbitrary-precision calculator: angle, sine, cosine. */
const known: readonly (readonly [number, number, number])[] = [
  [0.0, 0.0, 1.0],
  [1e-8, 1e-8, 1.0],
  [0.5, 0.479425538604203, 0.8775825618903728],
  [0.7853981633974483, 0.7071067811865475, 0.7071067811865476],
  [1.0, 0.8414709848078965, 0.5403023058681398],
  [1.5707963267948966, 1.0, 6.123233995736766e-17],
  [2.0, 0.9092974268256817, -0.4161468365471424],
  [3.141592653589793, 1.2246467991473532e-16, -1.0],
  [-4.0, 0.7568024953079282, -0.6536436208636119],
  [100.0, -0.5063656411097588, 0.8623188722876839],
  [12345.678, -0.7040813137533816, 0.7101193587160628],
  [131071.0, -0.5752416837547893, -0.8179834993879491],
  [1048575.5, -0.1624508310778367, 0.9867166399134658],
  [8000000.25, -0.5064642888258847, -0.862260937387338],
];

describe('sineCosine', () => {
  it('is right to 2e-16 where the answer is known', () => {
    for (const [angle, sine, cosine] of known) {
      const got = sineCosine(angle);
      expect(Math.abs(got.sine - sine), `sine of ${angle}`).toBeLessThanOrEqual(2e-16);
      expect(Math.abs(got.cosine - cosine), `cosine of ${angle}`).toBeLessThanOrEqual(2e-16);
    }
  });

  it("is within 3e-16 of this runtime's own, over the angles of a long context", () => {
    const random = Random.seeded(1);
    for (let i = 0; i < 20_000; i++) {
      const angle = (2 * random.uniform(i) - 1) * 10 ** (5.2 * random.uniform(i, 1));
      const { sine, cosine } = sineCosine(angle);
      expect(Math.max(Math.abs(sine - Math.sin(angle)), Math.abs(cosine - Math.cos(angle))), `angle ${angle}`).toBeLessThanOrEqual(3e-16);
    }
  });

  it('refuses angles that it would get wrong', () => {
    for (const angle of [LARGEST_ANGLE, -LARGEST_ANGLE, Number.NaN, Number.POSITIVE_INFINITY]) expect(() => sineCosine(angle)).toThrow(TrainerError);
  });
});
