/** What the page shows: a recorded pair, runs that train now, or a run that was opened. And the questions the views ask of it. */

import type { Frame, Probe, TokenBatch, Track } from '../../data/frame.ts';
import type { RecordingLabel } from '../../data/recording.ts';

export interface Shown {
  readonly kind: 'recorded' | 'live' | 'opened';
  /** One line for people: where these numbers come from. */
  readonly origin: string;
  readonly label: RecordingLabel | null;
  readonly probes: readonly Probe[];
  /** A, B of the first seed, A, B of the second, …; B may be missing. */
  readonly tracks: readonly Track[];
  /** A batch for the lens where no step has a whole one. */
  readonly frozen: TokenBatch | null;
}

/** Before anything is loaded. */
export const EMPTY: Shown = { kind: 'recorded', origin: '', label: null, probes: [], tracks: [], frozen: null };

/** Last step on the axis. */
export function stepsOf({ tracks }: Shown): number {
  return tracks.reduce((most, { info }) => Math.max(most, info.steps), 1);
}

/** The pair whose rivers are drawn: that of one seed. */
export function pairOf({ tracks }: Shown, seed: number): readonly Track[] {
  return tracks.filter(({ info }) => info.seed === seed);
}

/** Last step of a seed's pair there is something to show of. */
export function lastStep(shown: Shown, seed: number): number {
  return pairOf(shown, seed).reduce((most, { frames }) => Math.max(most, frames.at(-1)?.step ?? 0), 0);
}

/** The last step that all runs of a seed have done, those that have done none apart: runs that take turns are compared there. */
export function commonStep(shown: Shown, seed: number): number {
  const reached = pairOf(shown, seed).flatMap(({ frames }) => frames.at(-1)?.step || []);
  return reached.length === 0 ? 0 : Math.min(...reached);
}

/** Seeds in the order in which they train. */
export function seedsOf({ tracks }: Shown): number[] {
  return [...new Set(tracks.map(({ info }) => info.seed))];
}

/** The last frame at or before a step. */
export function frameAt({ frames }: Pick<Track, 'frames'>, step: number): Frame | undefined {
  return frames.findLast((frame) => frame.step <= step);
}

/** The last value of a metric at or before a step; undefined where it was not measured yet. */
export function metricAt({ frames }: Pick<Track, 'frames'>, metric: string, step: number): number | undefined {
  for (let i = frames.length - 1; i >= 0; i--) {
    const { step: at, metrics } = frames[i]!;
    if (at > step) continue;
    const value = metrics[metric];
    if (value !== undefined) return value;
  }
  return undefined;
}

/** The completions kept last at or before a step, or else the first there are. */
export function tokensAt({ frames }: Pick<Track, 'frames'>, step: number): TokenBatch | null {
  const kept = frames.filter(({ tokens }) => tokens !== null);
  return (kept.findLast((frame) => frame.step <= step) ?? kept[0])?.tokens ?? null;
}

/** Right answers alive: held-out, by evaluations. */
export const ANSWERS_ALIVE = 'eval/heldout/distinct@8';
