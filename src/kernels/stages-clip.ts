/** The surrogates of the PPO family: the ratio is held inside bounds, token by token or completion by completion. */

import { defineSurrogate, HIGH, LOW, LOWER, type SurrogateOutcome } from './stages-surrogate.ts';

function clamp(x: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, x));
}

/** The clipped objective at one ratio; `free` says whether the ratio itself may still move. */
function clipped(a: number, r: number, low: number, high: number, dual: number, delta: number, free: boolean): SurrogateOutcome {
  const unheld = -a * Math.min(r, delta);
  const held = -a * clamp(r, low, high);
  const value = Math.max(unheld, held);
  const side = held > unheld ? (a < 0 ? LOW : HIGH) : 0;
  if (a < 0 && value > -a * dual) return { value: -a * dual, slope: 0, clipped: side | LOWER };
  return { value, slope: unheld >= held && r <= delta && free ? -a * r : 0, clipped: side };
}

/** L = max(−A·min(r, delta), −A·clip(r, low, high)); where A < 0: min(L, −A·dual). */
export const clippedSurrogate = defineSurrogate<{ readonly dual: number; readonly delta: number }>({
  name: 'clipped-surrogate',
  token: ({ advantage, ratio, low, high, moves }, _, { dual, delta }) => clipped(advantage, ratio, low, high, dual, delta, moves > 0),
});

/** The same on r = exp(mean log-ratio of the row), the ratio of whole completions. */
export const sequenceSurrogate = defineSurrogate<{ readonly cap: number; readonly dual: number }>({
  name: 'sequence-surrogate',
  rowTerm: ({ logRatio }) => logRatio,
  token({ advantage, low, high }, { term, count }, { cap, dual }) {
    const mean = term / count;
    const ratio = Math.exp(Math.min(mean, cap));
    return { ...clipped(advantage, ratio, low, high, dual, Number.POSITIVE_INFINITY, mean <= cap), extra: ratio };
  },
});

/** L = −A · r, where outside the bounds r is the bound times a gain and still moves (CE-GPPO); where A < 0: min(L, −A · dual). */
export const boundedGradientSurrogate = defineSurrogate<{ readonly dual: number; readonly lowGain: number; readonly highGain: number }>({
  name: 'bounded-gradient-surrogate',
  token({ advantage: a, ratio, low, high, moves }, _, { dual, lowGain, highGain }) {
    const side = a < 0 && ratio < low ? LOW : a > 0 && ratio > high ? HIGH : 0;
    const r = side === LOW ? lowGain * low : side === HIGH ? highGain * high : ratio;
    if (a < 0 && r > dual) return { value: -a * dual, slope: 0, clipped: side | LOWER };
    return { value: -a * r, slope: -a * r * (side ? 1 : moves), clipped: side };
  },
});

export const kernels = [clippedSurrogate, sequenceSurrogate, boundedGradientSurrogate];
