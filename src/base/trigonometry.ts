/**
 * Sine and cosine from + − · / alone, so that every runtime gives the same bits; Math.sin and Math.cos differ between them.
 *
 *   angle = n · π/2 + r,  |r| ≤ π/4;   sin r and cos r by their Taylor series, whose rest is below 1e-19
 *
 * π/2 is subtracted in three parts. The first two have 30 bits each, so n times a part is exact for |n| < 2²³.
 */

import { TrainerError } from './errors.ts';

const QUARTER_TURN = [1.570796325802803, 9.920935791635221e-10, 5.170182981794105e-19] as const;
const QUARTERS_PER_RADIAN = 0.6366197723675814;

/** Angles beyond this lose digits. */
export const LARGEST_ANGLE = 8_388_608;

export interface SineCosine {
  readonly sine: number;
  readonly cosine: number;
}

/**
 * Returns the sine and the cosine of an angle in radians, within 2e-16.
 *
 * @throws TrainerError if |angle| is not below `LARGEST_ANGLE`
 */
export function sineCosine(angle: number): SineCosine {
  if (!(Math.abs(angle) < LARGEST_ANGLE))
    throw new TrainerError(`sineCosine: expected an angle between ±${LARGEST_ANGLE}, got ${angle}. Use shorter sequences.`);
  const [first, second, third] = QUARTER_TURN;
  const n = Math.round(angle * QUARTERS_PER_RADIAN);
  const r = angle - n * first - n * second - n * third;
  const sine = sineNearZero(r);
  const cosine = cosineNearZero(r);
  const quarter = n - 4 * Math.floor(n / 4);
  if (quarter === 0) return { sine, cosine };
  if (quarter === 1) return { sine: cosine, cosine: -sine };
  if (quarter === 2) return { sine: -sine, cosine: -cosine };
  return { sine: -cosine, cosine: sine };
}

/** r − r³/3! + r⁵/5! − …, from the smallest term up. */
function sineNearZero(r: number): number {
  const square = r * r;
  let sum = 0;
  for (let k = 18; k >= 2; k -= 2) sum = (-square / (k * (k + 1))) * (1 + sum);
  return r + r * sum;
}

/** 1 − r²/2! + r⁴/4! − …, from the smallest term up. */
function cosineNearZero(r: number): number {
  const square = r * r;
  let sum = 0;
  for (let k = 19; k >= 3; k -= 2) sum = (-square / (k * (k + 1))) * (1 + sum);
  return 1 - 0.5 * square * (1 + sum);
}
