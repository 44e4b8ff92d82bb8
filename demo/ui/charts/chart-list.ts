/** The charts over steps, in the order of the page. */

import type { ChartLine } from './series.ts';

export interface ChartSpec {
  readonly title: string;
  readonly lines: readonly ChartLine[];
  /** The metric its sentence is about. */
  readonly main: string;
  readonly unit: string;
  readonly places: number;
  /** The value axis begins at 0 at the latest, and reaches at least this. */
  readonly atLeast: number;
}

export const REWARD_CHART: ChartSpec = {
  title: 'Reward',
  lines: [
    { metric: 'reward', name: 'reward', style: 'faint' },
    { metric: 'eval/heldout/mean@1', name: 'held-out mean@1', style: 'marked' },
    { metric: 'eval/heldout/pass@8', name: 'held-out pass@8', style: 'dotted' },
  ],
  main: 'eval/heldout/mean@1',
  unit: 'held-out mean@1',
  places: 2,
  atLeast: 1,
};

export const ENTROPY_CHART: ChartSpec = {
  title: 'Entropy',
  lines: [{ metric: 'entropy', name: 'entropy', style: 'line' }],
  main: 'entropy',
  unit: 'nats',
  places: 2,
  atLeast: 1,
};

export const SMALL_CHARTS: readonly ChartSpec[] = [
  { title: 'KL to the start', lines: [{ metric: 'kl', name: 'KL', style: 'line' }], main: 'kl', unit: 'nats', places: 3, atLeast: 0.01 },
  {
    title: 'Clip share',
    lines: [{ metric: 'clip_ratio/region_mean', name: 'clipped tokens', style: 'line' }],
    main: 'clip_ratio/region_mean',
    unit: 'of tokens',
    places: 3,
    atLeast: 0.01,
  },
  {
    title: 'Length',
    lines: [{ metric: 'completions/mean_length', name: 'mean length', style: 'line' }],
    main: 'completions/mean_length',
    unit: 'tokens',
    places: 1,
    atLeast: 14,
  },
];
