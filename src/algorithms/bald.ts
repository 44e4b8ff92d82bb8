/**
 * Entropic Resistance: completions on which passes with dropout disagree are worth exploring.
 *
 *   BALD_t = entropy of the mean of M distributions − mean of their entropies ≥ 0: how far the passes disagree about token t
 *   BALD_i = its mean over the row, or its value at the row's last token
 *   additive:        R_i ← R_i + coef · BALD_i + aleatoricCoef · mean entropy, before groups are compared
 *   multiplicative:  z = clip((BALD − mean_g) / (std₁_g + 1e-6), ± cap)      c = 1 + exploreCoef · q · σ(max(z, 0))      A ← A · c / mean(c)
 *                    q = 1, or σ(R − mean_g R) in the form weighted by quality
 *
 * @source PascalPolygon/grpo-vdr and PascalPolygon/trl (no paper). Departures: response coordinates under the mask (the release counts
 *   padding and reads the distribution after each token: `compat.bald.positions: source`); z = 0 in a group of one. A pad sees the pads before it;
 *   the release hides those from it.
 */

import { z } from 'zod';
import { DataError } from '../base/errors.ts';
import { exp } from '../base/exponential.ts';
import type { Group, PaddedTables, TokenTables } from './algorithm.ts';
import type { Method } from './method.ts';
import { deviation, meanOf } from './stages/advantage.ts';
import { rowMeansOver } from './stages/segments.ts';

export const baldBlock = z
  .strictObject({
    form: z.enum(['additive', 'mult', 'mult-quality']).default('additive').meta({ description: 'Whether it is added to the reward or scales the advantage.' }),
    passes: z.number().int().min(2).default(8).meta({ description: 'Passes with dropout.' }),
    dropout: z.number().gt(0).lt(1).default(0.1).meta({ description: 'Share dropped in them.' }),
    positions: z.enum(['per_token', 'end_of_sequence']).default('per_token').meta({ description: 'Mean over the row, or its last token.' }),
    coef: z.number().min(0).default(1).meta({ description: 'Weight in the reward (additive).', unit: 'per nat' }),
    aleatoric_coef: z.number().min(0).default(0).meta({ description: 'Weight of the row’s mean entropy in the reward (additive).', unit: 'per nat' }),
    explore_coef: z.number().min(0).default(0.5).meta({ description: 'Weight in the scale of the advantage (mult).' }),
    cap: z.number().gt(0).default(3).meta({ description: 'Largest |z| that counts (mult).' }),
  })
  .nullable()
  .default(null)
  .meta({ description: 'Explore where passes with dropout disagree.' });

export interface BaldOptions {
  readonly form: 'additive' | 'mult' | 'mult-quality';
  readonly passes: number;
  readonly dropout: number;
  readonly positions: 'per_token' | 'end_of_sequence';
  readonly coef: number;
  readonly aleatoricCoef: number;
  readonly exploreCoef: number;
  readonly cap: number;
}

export function bald(options: BaldOptions, { countsPadding = false }: { readonly countsPadding?: boolean } = {}): Method {
  const { positions } = options;
  const isAdditive = options.form === 'additive';
  return {
    name: 'bald',
    needs: { tables: true, dropoutPasses: options.passes, dropout: options.dropout, padded: countsPadding },
    reward({ batch, rewards, metrics }) {
      if (!isAdditive) return;
      const tables = batch.tables ?? missing();
      const padded = countsPadding ? (tables.padded ?? missing()) : null;
      const epistemic = padded ? paddedDisagreement(padded, batch.rows, positions) : rowDisagreement(tables, batch.rows, positions);
      const aleatoric = padded
        ? overColumns(padded, batch.rows, positions, (at) => padded.entropies[at]!)
        : rowMeansOver(tables.oldEntropies, tables.responseMask, batch.rows, tables.T);
      rewards.forEach((_, i) => (rewards[i]! += options.coef * epistemic[i]! + options.aleatoricCoef * aleatoric[i]!));
      metrics['epistemic_reward'] = meanOf(Array.from(epistemic));
      metrics['aleatoric_reward'] = meanOf(Array.from(aleatoric));
    },
    advantage({ batch, rewards, values, metrics }) {
      if (isAdditive) return;
      const tables = batch.tables ?? missing();
      const epistemic = countsPadding ? paddedDisagreement(tables.padded ?? missing(), batch.rows, positions) : rowDisagreement(tables, batch.rows, positions);
      // A completion without tokens, or without a reward, takes no part in any mean.
      const takesPart = (row: number): boolean => batch.lengths[row]! > 0 && !Number.isNaN(rewards[row]!);
      const groups = batch.groups.map((group) => ({ ...group, rows: group.rows.filter(takesPart) }));
      const scaled = exploreScale(epistemic, rewards, groups, options);
      values.forEach((_, i) => (values[i]! *= scaled.scale[i]!));
      metrics['epistemic_reward'] = meanOf(Array.from(epistemic));
      metrics['bald_factor_mean'] = meanOf(scaled.factor);
      metrics['reward_quality_mean'] = meanOf(scaled.quality);
    },
  };
}

function missing(): never {
  throw new DataError('bald: expected passes with dropout over the rollout batch, got none. The method needs `dropoutPasses`.');
}

/** BALD of each row: how far the passes disagree about its tokens, on average or at the last. */
export function rowDisagreement(
  { T, responseMask, entropyOfMean, meanOfEntropies }: TokenTables,
  rows: number,
  positions: BaldOptions['positions'],
): Float64Array {
  if (!entropyOfMean || !meanOfEntropies) return missing();
  const disagreement = Float64Array.from({ length: rows * T }, (_, at) => entropyOfMean[at]! - meanOfEntropies[at]!);
  const mask = Uint8Array.from({ length: rows * T }, (_, at) => (responseMask[at] === 0 ? 0 : 1));
  if (positions === 'per_token') {
    return rowMeansOver(disagreement, mask, rows, T);
  }
  return Float64Array.from({ length: rows }, (_, i) => {
    const last = mask.subarray(i * T, (i + 1) * T).lastIndexOf(1);
    return last < 0 ? 0 : disagreement[i * T + last]!;
  });
}

/** As released: of every column of the padded step, or of its last, by the distribution after the column's token. */
export function paddedDisagreement(padded: PaddedTables, rows: number, positions: BaldOptions['positions']): Float64Array {
  const { entropyOfMean, meanOfEntropies } = padded;
  if (!entropyOfMean || !meanOfEntropies) return missing();
  return overColumns(padded, rows, positions, (at) => entropyOfMean[at]! - meanOfEntropies[at]!);
}

function overColumns({ width }: PaddedTables, rows: number, positions: BaldOptions['positions'], valueAt: (at: number) => number): Float64Array {
  const first = positions === 'per_token' ? 1 : width - 1;
  return Float64Array.from({ length: rows }, (_, i) => meanOf(Array.from({ length: width - first }, (_, t) => valueAt(i * width + first + t))));
}

export interface ExploreScale {
  readonly z: readonly number[];
  readonly factor: readonly number[];
  readonly quality: readonly number[];
  readonly coef: readonly number[];
  /** What the advantages are multiplied by; its mean over the rows of all groups is 1. */
  readonly scale: readonly number[];
}

export function exploreScale(
  epistemic: ArrayLike<number>,
  rewards: ArrayLike<number>,
  groups: readonly Group[],
  { form, exploreCoef, cap }: Pick<BaldOptions, 'form' | 'exploreCoef' | 'cap'>,
): ExploreScale {
  const z = new Array<number>(epistemic.length).fill(0);
  const quality = new Array<number>(epistemic.length).fill(1);
  for (const { rows } of groups) {
    const values = rows.map((i) => epistemic[i]!);
    const [mean, std, meanReward] = [meanOf(values), deviation(values), meanOf(rows.map((i) => rewards[i]!))];
    for (const i of rows) {
      if (rows.length > 1) z[i] = Math.min(cap, Math.max(-cap, (epistemic[i]! - mean) / (std + 1e-6)));
      if (form === 'mult-quality') quality[i] = logistic(rewards[i]! - meanReward);
    }
  }
  const factor = z.map((value) => logistic(Math.max(value, 0)));
  const coef = factor.map((value, i) => 1 + exploreCoef * quality[i]! * value);
  const counted = groups.flatMap(({ rows }) => rows);
  // Where no row counts there is nothing to scale, and no mean.
  const mean = counted.length === 0 ? 1 : meanOf(counted.map((i) => coef[i]!));
  return { z, factor, quality, coef, scale: coef.map((value) => value / mean) };
}

function logistic(x: number): number {
  return 1 / (1 + exp(-x));
}
