/** What the lens shows of a frozen batch: every variant's weight for every token. Made by `readLens` of lens.ts. */

import type { TokenColumn } from '../data/frame.ts';

export interface LensVariant {
  /** Recipe overrides that switch it on: `["algorithm.clip_cov={share: 0.02, low: 1.03, high: 100}"]`; empty for GRPO and for a weight of one's own. */
  readonly overrides: readonly string[];
  readonly key: string;
  readonly label: string;
  /** One sentence. */
  readonly summary: string;
}

export interface LensRow {
  readonly variant: LensVariant;
  /** Per token of the batch, as the columns of the same names. */
  readonly weight: Float32Array;
  readonly entropyWeight: Float32Array;
  readonly predictedChange: Float32Array;
  readonly flags: Uint8Array;
  /** Mean predicted change of entropy over tokens: nats per unit step. */
  readonly ledger: EntropyLedger;
  readonly selectedShare: number;
  readonly clippedShare: number;
}

/** A sum over the batch's tokens, split by the signs of the advantage and of log p against its mean. */
export interface EntropyLedger {
  readonly total: number;
  /** [advantage > 0][token likelier than the batch's mean log p] */
  readonly goodLikely: number;
  readonly goodUnlikely: number;
  readonly badLikely: number;
  readonly badUnlikely: number;
}

/** What the step that the run took did to the entropies of the same tokens. */
export interface RealisedChange {
  /** Mean over tokens, nats. */
  readonly ledger: EntropyLedger;
  /** Pearson's r over tokens with what the run's own weights predict. */
  readonly correlation: number;
}

export interface LensReading {
  readonly rows: readonly LensRow[];
  /** Share of the tokens that each part of a ledger holds. */
  readonly shares: EntropyLedger;
  /** Null where the tokens were not looked at again after the step. */
  readonly realised: RealisedChange | null;
  /** Variants that this batch cannot be asked about, each with the reason. */
  readonly left: readonly { readonly variant: LensVariant; readonly why: string }[];
  readonly covariance: CovarianceHistogram;
}

export interface CovarianceHistogram {
  /** Edges of the bins, ascending; one more than counts. */
  readonly edges: readonly number[];
  readonly counts: readonly number[];
  /** The band from which Clip-Cov draws, and the covariance from which on KL-Cov pulls, with the lens's settings. */
  readonly clipCov: { readonly low: number; readonly high: number };
  readonly klCov: { readonly threshold: number };
}

/** Columns that completions can be coloured by, in the order of a menu. */
export const HEAT_COLUMNS = ['entropy', 'probability', 'advantage', 'covariance', 'weight', 'predictedChange'] as const;
export type HeatColumn = (typeof HEAT_COLUMNS)[number];

/** The number behind a colour; probability is e^logProb. */
export function heatOf(column: HeatColumn, columns: Readonly<Record<TokenColumn, Float32Array>>, at: number): number {
  return column === 'probability' ? Math.exp(columns.logProb[at]!) : columns[column][at]!;
}
