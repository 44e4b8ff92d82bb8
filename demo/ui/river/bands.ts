/** Which answers have a band, in which order and colour: decided once for both rivers, so that an answer is the same in both. */

import type { Frame } from '../../data/frame.ts';

/** Answers with a band of their own. */
export const BANDS = 24;

export interface BandPlan {
  /** Inside out: the answer with the highest peak runs in the middle. */
  readonly order: readonly string[];
  /** Place by peak, 0 the highest: picks the colour. */
  readonly rank: ReadonlyMap<string, number>;
  /** The last step of the rivers it was made for. */
  readonly reach: number;
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
  return { order, rank: new Map(ranked.map(([answer], rank) => [answer, rank])), reach: reachOf(rivers) };
}

/** A plan stands until the rivers are this much longer: streams that changed places at every step could not be followed, nor drawn in time. */
const STANDS = 9 / 8;

/**
 * The plan of rivers that grow: the earlier one while it stands.
 * @param end the step they run to: there, everything is planned once more
 */
export function steadyPlan(before: BandPlan | null, rivers: readonly (readonly Frame[])[], probe: number, end: number): BandPlan {
  const reach = reachOf(rivers);
  const stands = before !== null && reach >= before.reach && reach < Math.min(before.reach * STANDS, end);
  return stands ? before : planBands(rivers, probe);
}

function reachOf(rivers: readonly (readonly Frame[])[]): number {
  return Math.max(0, ...rivers.map((frames) => frames.at(-1)?.step ?? 0));
}

const HUES = [236, 176, 88, 48, 12, 300, 140, 262] as const;

/** A colour for each rank: eight hues far apart, three lightnesses, in both themes. */
export function bandColour(rank: number): string {
  const hue = HUES[rank % HUES.length]!;
  const round = Math.floor(rank / HUES.length);
  return `light-dark(oklch(${76 - 7 * round}% ${0.098 - 0.012 * round} ${hue}), oklch(${66 - 9 * round}% ${0.098 - 0.012 * round} ${hue}))`;
}
