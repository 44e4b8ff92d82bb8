/** A live run's frames within a budget: a page that trains for hours keeps as much as after the first minutes. */

import type { Frame } from '../../data/frame.ts';

/** Frames kept of a run, and those of them that keep their completions. */
export const KEPT_FRAMES = 200;
export const KEPT_BATCHES = 24;

/**
 * Adds a frame. Over budget, the frame goes whose neighbours are closest to each other, never the first or the last; completions go by the
 * same rule. A step that comes again (a resumed run) takes the place of the old one and of all after it.
 */
export function withFrame(frames: readonly Frame[], frame: Frame): Frame[] {
  const kept = [...frames.filter(({ step }) => step < frame.step), frame];
  if (kept.length > KEPT_FRAMES) kept.splice(mostCrowded(kept), 1);
  const filled = kept.filter(({ tokens }) => tokens !== null);
  if (filled.length <= KEPT_BATCHES) return kept;
  const without = filled[mostCrowded(filled)]!;
  return kept.map((each) => (each === without ? { ...each, tokens: null } : each));
}

/** The place whose two neighbours are closest; among equals the later. */
function mostCrowded(frames: readonly Frame[]): number {
  let [place, closest] = [1, Number.POSITIVE_INFINITY];
  for (let i = 1; i < frames.length - 1; i++) {
    const gap = frames[i + 1]!.step - frames[i - 1]!.step;
    if (gap <= closest) [place, closest] = [i, gap];
  }
  return place;
}
