/** The plane of entropy and reward: where points and the law's curve lie. Pure. */

import { type EntropyLaw, type EntropyPoint, fitEntropyLaw } from '../../../src/index.ts';
import type { Track } from '../../data/frame.ts';

export interface LawPoint extends EntropyPoint {
  readonly step: number;
}

export interface LawBox {
  readonly width: number;
  readonly height: number;
  /** Entropy at the left edge; 0 is at the right: what is spent moves right. */
  readonly most: number;
}

/** Two numbers are fitted: fewer points than this would be drawn as if they told a law. */
const FEWEST = 4;

const MARGIN = { left: 34, right: 10, top: 8, bottom: 22 } as const;

/** The held-out evaluations of a run: entropy and mean@1. */
export function lawPoints({ frames }: Track): LawPoint[] {
  return frames.flatMap(({ step, metrics }) => {
    const [entropy, reward] = [metrics['eval/heldout/entropy'], metrics['eval/heldout/mean@1']];
    return entropy === undefined || reward === undefined ? [] : [{ step, entropy, reward }];
  });
}

/** The law through the points up to a step; null while they are few. */
export function lawUntil(points: readonly LawPoint[], step: number): EntropyLaw | null {
  const past = points.filter((point) => point.step <= step);
  return past.length < FEWEST ? null : fitEntropyLaw(past);
}

export function xOf(entropy: number, { width, most }: LawBox): number {
  return MARGIN.left + (1 - entropy / most) * (width - MARGIN.left - MARGIN.right);
}

export function yOf(reward: number, { height }: LawBox): number {
  return height - MARGIN.bottom - reward * (height - MARGIN.top - MARGIN.bottom);
}

/** R = −a·e^H + b over the whole plane, cut where it leaves it. */
export function lawPath({ a, b }: EntropyLaw, box: LawBox): string {
  const parts: string[] = [];
  for (let i = 0; i <= 40; i++) {
    const entropy = box.most * (1 - i / 40);
    const reward = b - a * Math.exp(entropy);
    if (reward < 0 || reward > 1.05) continue;
    parts.push(`${parts.length === 0 ? 'M' : 'L'}${xOf(entropy, box).toFixed(1)} ${yOf(reward, box).toFixed(1)}`);
  }
  return parts.join('');
}

/** The entropy axis reaches a little beyond the widest policy. */
export function mostEntropy(points: readonly LawPoint[]): number {
  const widest = points.reduce((most, { entropy }) => Math.max(most, entropy), 0.5);
  return Math.ceil((widest + 0.02) * 5) / 5;
}
