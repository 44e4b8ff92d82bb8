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

/**
 * The same on r = exp(clip(S, floor, cap)), S the mean log-ratio of the row, or its sum where `total`. Where `lesser` and A < 0 the lesser
 * branch is taken, as one release has it.
 */
export const sequenceSurrogate = defineSurrogate<{
  readonly floor: number;
  readonly cap: number;
  readonly dual: number;
  readonly total: number;
  readonly lesser: number;
}>({
  name: 'sequence-surrogate',
  rowTerm: ({ logRatio }) => logRatio,
  token({ advantage: a, low, high }, { term, count }, { floor, cap, dual, total, lesser }) {
    const s = total ? term : term / count;
    const r = Math.exp(clamp(s, floor, cap));
    const free = s <= cap && s >= floor;
    const outcome = clipped(a, r, low, high, dual, Number.POSITIVE_INFINITY, free);
    const isLesser = lesser !== 0 && a < 0;
    const value = isLesser ? Math.min(-a * r, -a * clamp(r, low, high)) : outcome.value;
    const slope = isLesser ? (-a * r <= -a * clamp(r, low, high) && free ? -a * r : 0) : outcome.slope;
    return { ...outcome, value, slope: total ? slope * count : slope, extra: r };
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
