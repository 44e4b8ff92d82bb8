/**
 * Exponential and logarithm from + − · / alone, so that every runtime gives the same bits: Math.exp and Math.log of Deno 2.9 differ from Node's in the last place.
 *
 *   exp x = 2ⁿ · exp r,     x = n · ln 2 + r,  |r| ≤ ½ ln 2,   exp r by its Taylor series, whose rest is below 1e-17
 *   log x = e · ln 2 + log m,  x = m · 2ᵉ,  √½ ≤ m < √2,       log m = 2 (s + s³/3 + s⁵/5 + …),  s = (m − 1) / (m + 1)
 *
 * ln 2 is taken in two parts; the first has 32 bits, so that its product with a whole number of up to 20 bits is exact.
 */

const LN2 = [0.6931471803691238, 1.9082149292705877e-10] as const;
const PER_LN2 = 1.4426950408889634;
const SQRT2 = 1.4142135623730951;

/** Returns eˣ, within two units of the last place. */
export function exp(x: number): number {
  if (!(x > -746 && x < 710)) return Number.isNaN(x) ? x : x > 0 ? Number.POSITIVE_INFINITY : 0;
  const n = Math.round(x * PER_LN2);
  return timesPowerOfTwo(1 + expm1NearZero(x - n * LN2[0] - n * LN2[1]), n);
}

/** Returns eˣ − 1 without cancellation near 0. */
export function expm1(x: number): number {
  return Math.abs(x) < 0.35 ? expm1NearZero(x) : exp(x) - 1;
}

/** Returns ln x, within two units of the last place; −∞ at 0 and NaN below. */
export function log(x: number): number {
  if (!(x > 0 && x < Number.POSITIVE_INFINITY)) return x === 0 ? Number.NEGATIVE_INFINITY : x > 0 ? x : Number.NaN;
  // The host's log2 is only where the search for the exponent begins; where it ends does not depend on it.
  let exponent = Math.round(Math.log2(x));
  let m = timesPowerOfTwo(x, -exponent);
  for (; m >= SQRT2; exponent++) m /= 2;
  for (; m < SQRT2 / 2; exponent--) m *= 2;
  const s = (m - 1) / (m + 1);
  const square = s * s;
  let sum = 0;
  for (let k = 25; k >= 3; k -= 2) sum = square * (1 / k + sum);
  return exponent * LN2[0] + (2 * s + (2 * s * sum + exponent * LN2[1]));
}

/** r + r²/2! + r³/3! + …, from the smallest term up. */
function expm1NearZero(r: number): number {
  let sum = 0;
  for (let k = 15; k >= 2; k--) sum = (r / k) * (1 + sum);
  return r + r * sum;
}

/** In two steps: 2ⁿ alone may lie outside what a number holds. */
function timesPowerOfTwo(x: number, n: number): number {
  const half = Math.trunc(n / 2);
  return x * 2 ** half * 2 ** (n - half);
}
