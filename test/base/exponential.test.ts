import { describe, expect, it } from 'vitest';
import { exp, expm1, log } from '../../src/base/exponential.ts';
import { Random } from '../../src/base/random.ts';
import { hostMathBits } from '../browser/page/host-math.ts';

const apart = (got: number, known: number): number => (got === known ? 0 : Math.abs(got / known - 1));

describe('exp, expm1 and log', () => {
  it('are right where the digits are known', () => {
    expect(apart(exp(1), 2.718281828459045)).toBeLessThanOrEqual(4.5e-16);
    expect(apart(exp(-10), 4.5399929762484854e-5)).toBeLessThanOrEqual(4.5e-16);
    expect(apart(expm1(1e-9), 1.0000000005e-9)).toBeLessThanOrEqual(4.5e-16);
    expect(apart(log(10), 2.302585092994046)).toBeLessThanOrEqual(4.5e-16);
    expect(apart(log(1 + 2 ** -40), 9.094947017725146e-13)).toBeLessThanOrEqual(4.5e-16);
  });

  it("are within three units of the last place of this runtime's own", () => {
    const random = Random.seeded(3);
    for (let i = 0; i < 30_000; i++) {
      const x = (2 * random.uniform(i) - 1) * (i % 2 ? 1 : 700);
      expect(apart(exp(x), Math.exp(x)), `exp ${x}`).toBeLessThanOrEqual(6.7e-16);
      expect(apart(expm1(x), Math.expm1(x)), `expm1 ${x}`).toBeLessThanOrEqual(6.7e-16);
      const y = i % 3 === 0 ? 1 + x * 1e-6 : Math.exp(x);
      expect(apart(log(y), Math.log(y)), `log ${y}`).toBeLessThanOrEqual(6.7e-16);
    }
  });

  it('reach the ends of what a number holds', () => {
    expect([exp(Number.NEGATIVE_INFINITY), exp(-746), exp(0), exp(-0), exp(710), exp(Number.NaN)]).toEqual([0, 0, 1, 1, Number.POSITIVE_INFINITY, Number.NaN]);
    expect([exp(-745), apart(exp(709.7), Math.exp(709.7)) < 1e-15]).toEqual([5e-324, true]);
    expect([log(0), log(1), log(-1), log(Number.NaN), log(Number.POSITIVE_INFINITY)]).toEqual([
      Number.NEGATIVE_INFINITY,
      0,
      Number.NaN,
      Number.NaN,
      Number.POSITIVE_INFINITY,
    ]);
    expect(apart(log(5e-324), -744.4400719213812)).toBeLessThanOrEqual(4.5e-16);
  });

  it('have the bits that every runtime gives', () => {
    expect(hostMathBits(['own exp', 'own expm1', 'own log', 'own sine', 'own cosine'])).toEqual({
      'own exp': '9d5c2f0b',
      'own expm1': 'a838ec80',
      'own log': '32093115',
      'own sine': '6ee30045',
      'own cosine': '6dc3583d',
    });
  });
});
