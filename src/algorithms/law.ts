/**
 * The price of entropy: reward as a function of entropy while nothing intervenes.
 *
 *   R = −a · e^H + b        ceiling at H = 0: b − a
 *
 * The law is of runs left alone: where a control holds the entropy, or a KL term the policy, a fit is no forecast, and is shown as not valid.
 *
 * @source Cui et al. 2025, arXiv:2505.22617. No fitting code was released; this is least squares in x = e^H, which is where the law is linear.
 */

import { exp } from '../base/exponential.ts';
import type { Random } from '../base/random.ts';
import { meanOf } from './stages/advantage.ts';

/** What one evaluation measured. */
export interface EntropyPoint {
  /** Nats. */
  readonly entropy: number;
  readonly reward: number;
}

/** Reward as a function of entropy, fitted. */
export interface EntropyLaw {
  readonly a: number;
  readonly b: number;
  /** The reward left when all entropy is spent. */
  readonly ceiling: number;
  readonly rmse: number;
  /** Share of the reward's variance that the law explains; null when all rewards are equal. */
  readonly r2: number | null;
  /** Of each point that counted. */
  readonly predicted: readonly number[];
}

/** A range that holds the share `level` of what resampled points give. */
export type Range = readonly [low: number, high: number];

/** How far the fit could have come out elsewhere, had other evaluations been made. */
export interface LawBand {
  readonly level: number;
  readonly a: Range;
  readonly b: Range;
  readonly ceiling: Range;
  /** Of the reward at an entropy. */
  at(entropy: number): Range;
}

/** Fits the law to points measured at evaluations; null with fewer than three distinct entropies. Points that are not finite are left out. */
export function fitEntropyLaw(points: readonly EntropyPoint[]): EntropyLaw | null {
  const finite = finiteOf(points);
  if (distinct(finite) < 3) return null;
  const { a, b } = line(finite);
  const predicted = finite.map(({ entropy }) => b - a * exp(entropy));
  const meanR = meanOf(finite.map(({ reward }) => reward));
  const residual = meanOf(predicted.map((value, i) => (finite[i]!.reward - value) ** 2));
  const spread = meanOf(finite.map(({ reward }) => (reward - meanR) ** 2));
  const isFlat = finite.every(({ reward }) => reward === finite[0]!.reward);
  return { a, b, ceiling: b - a, rmse: Math.sqrt(residual), r2: isFlat ? null : 1 - residual / spread, predicted };
}

export interface BandOptions {
  readonly resamples?: number;
  readonly level?: number;
}

/**
 * The percentile bootstrap of the fit, over points: each resample draws as many with replacement and is fitted; ranges leave out the same
 * share of fits at either end. Null where there is no fit. Resamples of a single entropy have no slope and are drawn again.
 *
 * @source Efron 1979, "Bootstrap methods"; Efron & Tibshirani 1993, §13 (percentile intervals)
 */
export function entropyLawBand(points: readonly EntropyPoint[], random: Random, { resamples = 1000, level = 0.95 }: BandOptions = {}): LawBand | null {
  const finite = finiteOf(points);
  if (distinct(finite) < 3) return null;
  const fits: { readonly a: number; readonly b: number }[] = [];
  for (let draw = 0; fits.length < resamples; draw++) {
    const drawn = finite.map((_, i) => finite[random.below(finite.length, draw, i)]!);
    if (distinct(drawn) > 1) fits.push(line(drawn));
  }
  const rangeOf = (values: readonly number[]): Range => {
    const sorted = values.toSorted((x, y) => x - y);
    const tail = (1 - level) / 2;
    return [quantile(sorted, tail), quantile(sorted, 1 - tail)];
  };
  return {
    level,
    a: rangeOf(fits.map(({ a }) => a)),
    b: rangeOf(fits.map(({ b }) => b)),
    ceiling: rangeOf(fits.map(({ a, b }) => b - a)),
    at: (entropy) => rangeOf(fits.map(({ a, b }) => b - a * exp(entropy))),
  };
}

/** Least squares in x = e^H; the points are not all of one entropy. */
function line(points: readonly EntropyPoint[]): { readonly a: number; readonly b: number } {
  const x = points.map(({ entropy }) => exp(entropy));
  const [meanX, meanR] = [meanOf(x), meanOf(points.map(({ reward }) => reward))];
  const variance = meanOf(x.map((value) => (value - meanX) ** 2));
  const a = 0 - meanOf(x.map((value, i) => (value - meanX) * (points[i]!.reward - meanR))) / variance;
  return { a, b: meanR + a * meanX };
}

function finiteOf(points: readonly EntropyPoint[]): EntropyPoint[] {
  return points.filter(({ entropy, reward }) => Number.isFinite(entropy) && Number.isFinite(reward));
}

function distinct(points: readonly EntropyPoint[]): number {
  return new Set(points.map(({ entropy }) => entropy)).size;
}

/** Between neighbouring values, linearly. */
function quantile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const [low, high] = [sorted[below]!, sorted[Math.min(below + 1, sorted.length - 1)]!];
  return low + (place - below) * (high - low);
}
