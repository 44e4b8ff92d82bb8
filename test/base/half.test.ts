import { describe, expect, it } from 'vitest';
import { bfloat16OfBits, bitsOf, floatOfBfloat16, floatOfHalf, HALF_MOST, halfOfBits } from '../../src/base/half.ts';

const asHalf = (value: number): number => floatOfHalf(halfOfBits(bitsOf(value)));
const asBfloat16 = (value: number): number => floatOfBfloat16(bfloat16OfBits(bitsOf(value)));

describe('float16', () => {
  it('comes back from every one of its bit patterns', () => {
    for (let half = 0; half < 0x10000; half++) {
      const value = floatOfHalf(half);
      if (!Number.isNaN(value) && halfOfBits(bitsOf(value)) !== half) expect.fail(`${half.toString(16)} became ${halfOfBits(bitsOf(value)).toString(16)}`);
    }
    expect(asHalf(Number.NaN)).toBeNaN();
  });

  it.each([
    [1 + 2 ** -11, 1], // halfway: to the even one below
    [1 + 3 * 2 ** -11, 1 + 2 ** -9], // halfway: to the even one above
    [1 + 2 ** -11 + 2 ** -20, 1 + 2 ** -10],
    [2 ** -25, 0],
    [2 ** -25 + 2 ** -40, 2 ** -24],
    [3 * 2 ** -25, 2 ** -23],
    [-(2 ** -14) + 2 ** -26, -(2 ** -14)],
    [1e-30, 0],
    [HALF_MOST + 15, HALF_MOST],
    [HALF_MOST + 16, Number.POSITIVE_INFINITY],
    [-1e30, Number.NEGATIVE_INFINITY],
  ])('%f rounds to %f', (value, rounded) => {
    expect(asHalf(value)).toBe(rounded);
  });
});

describe('bfloat16', () => {
  it('comes back from every one of its bit patterns', () => {
    for (let half = 0; half < 0x10000; half++) {
      const value = floatOfBfloat16(half);
      if (!Number.isNaN(value) && bfloat16OfBits(bitsOf(value)) !== half) expect.fail(half.toString(16));
    }
    expect(asBfloat16(Number.NaN)).toBeNaN();
  });

  it.each([
    [1 + 2 ** -8, 1],
    [1 + 3 * 2 ** -8, 1 + 2 ** -6],
    [-1 - 2 ** -8 - 2 ** -20, -1 - 2 ** -7],
    [3.4e38, Number.POSITIVE_INFINITY],
  ])('%f rounds to %f', (value, rounded) => {
    expect(asBfloat16(value)).toBe(rounded);
  });
});
