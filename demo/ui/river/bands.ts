/** Which answers have a band, in which order and colour: decided once for both rivers, so that an answer is the same in both. */

import type { Frame } from '../../data/frame.ts';

/** Answers with a band of their own. */
export const BANDS = 24;

export interface BandPlan {
  /** Inside out: the answer with the highest peak runs in the middle. */
  readonly order: readonly string[];
  /** Place by peak, 0 the highest: picks the colour. */
  readonly rank: ReadonlyMap<string, number>;
}

/** The answers that were likeliest at any step of any river, and how they lie side by side. */
export function planBands(rivers: readonly (readonly Frame[])[], probe: number): BandPlan {
  const peaks = new Map<string, number>();
  for (const frames of rivers) {
    for (const { rivers: slices } of frames) {
      const slice = slices[probe];
      slice?.answers.forEach((answer, i) => peaks.set(answer, Math.max(peaks.get(answer) ?? 0, slice.probabilities[i]!)));
    }
  }
  const ranked = [...peaks].sort(([a, peakA], [b, peakB]) => peakB - peakA || (a < b ? -1 : 1)).slice(0, BANDS);
  const order: string[] = [];
  ranked.forEach(([answer], rank) => (rank % 2 === 0 ? order.push(answer) : order.unshift(answer)));
  return { order, rank: new Map(ranked.map(([answer], rank) => [answer, rank])) };
}

/** The earlier plan where nothing has changed places, so that what was drawn by it stands. Ranks follow from the order. */
export function steadyPlan(before: BandPlan | null, now: BandPlan): BandPlan {
  return before && before.order.length === now.order.length && before.order.every((answer, i) => answer === now.order[i]) ? before : now;
}

const HUES = [236, 176, 88, 48, 12, 300, 140, 262] as const;

/** A colour for each rank: eight hues far apart, three lightnesses, in both themes. */
export function bandColour(rank: number): string {
  const hue = HUES[rank % HUES.length]!;
  const round = Math.floor(rank / HUES.length);
  return `light-dark(oklch(${76 - 7 * round}% ${0.098 - 0.012 * round} ${hue}), oklch(${66 - 9 * round}% ${0.098 - 0.012 * round} ${hue}))`;
}
