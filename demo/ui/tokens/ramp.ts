/** How a number becomes the ground of a token: one hue for measures, two for numbers with a sign, the same in both themes. */

import type { TokenBatch } from '../../data/frame.ts';
import { type HeatColumn, heatOf } from '../../lens/reading.ts';

export interface HeatScale {
  readonly column: HeatColumn;
  /** The value at the full colour; with a sign, minus it too. */
  readonly full: number;
  readonly isSigned: boolean;
}

interface HeatNote {
  readonly name: string;
  readonly unit: string;
  readonly isSigned: boolean;
  /** For hovering: what it is. */
  readonly formula: string;
}

export const HEAT_NOTES: Readonly<Record<HeatColumn, HeatNote>> = {
  entropy: { name: 'entropy', unit: 'nats', isSigned: false, formula: 'H = −Σ p ln p of the distribution the token was drawn from' },
  probability: { name: 'probability', unit: '', isSigned: false, formula: 'p of the token that was sampled' },
  advantage: { name: 'advantage', unit: 'sd', isSigned: true, formula: 'A = (reward − mean of its group) / sd of its group' },
  covariance: { name: 'covariance', unit: 'nats·sd', isSigned: true, formula: 'c = (ln p − mean ln p) · (A − mean A)' },
  weight: {
    name: 'weight (−slope)',
    unit: '',
    isSigned: true,
    formula: '−∂loss/∂ln p, times the tokens of the mini-batch: how hard the update pushes',
  },
  predictedChange: {
    name: 'predicted entropy change',
    unit: 'nats',
    isSigned: true,
    formula: 'of the token’s distribution, to first order, for a step of 1 along its weight',
  },
};

/** A scale that all but the furthest fiftieth of the values fit in. */
export function heatScale(column: HeatColumn, batches: readonly TokenBatch[]): HeatScale {
  const { isSigned } = HEAT_NOTES[column];
  if (column === 'probability') return { column, full: 1, isSigned };
  const sizes = batches.flatMap(({ columns }) => Array.from(columns.logProb, (_, at) => Math.abs(heatOf(column, columns, at)))).filter(Number.isFinite);
  sizes.sort((a, b) => a - b);
  return { column, full: sizes[Math.floor(sizes.length * 0.98)] || 1, isSigned };
}

/** The CSS background of a value; weak values stay near the paper so that text reads on all of them. */
export function heatColour(value: number, { full, isSigned }: HeatScale): string {
  if (!Number.isFinite(value)) return 'transparent';
  const share = Math.min(1, Math.abs(value) / full);
  const end = isSigned && value < 0 ? 'low' : 'high';
  return `color-mix(in oklab, var(--ramp-${end}) ${Math.round(share * 90)}%, transparent)`;
}
