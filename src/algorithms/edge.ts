/**
 * EDGE-GRPO: rows whose tokens were surer, by exact entropy, weigh more.
 *
 *   P_i   = mean entropy of the row
 *   ratio:  w_i = clip(mean of P over the group / (P_i + eps), weightMin, weightMax)
 *   zscore: w_i = clip(1 + beta · clip((mean − P_i) / std₁, ± zClip), weightMin, weightMax)        A_i ← A_i · w_i
 *
 * @source Zhang et al. 2025, arXiv:2507.21848, as in Zzzzyear/test_verl, compute_edge_grpo_advantage. Departures: a group of one has
 *   weight 1 and rows without tokens stay out of their group's mean; the release gives weightMin and counts them as 0. `compat.edge.entropy_mean: source`
 *   takes the mean over padding too, as the release of that repository's TRL form does; unlike there, no slope passes through the weight.
 */

import { z } from 'zod';
import { DataError } from '../base/errors.ts';
import type { Group, PaddedTables } from './algorithm.ts';
import type { Method } from './method.ts';
import { meanOf } from './stages/advantage.ts';
import { rowMeansOver } from './stages/segments.ts';

export const edgeBlock = z
  .strictObject({
    weight: z.enum(['ratio', 'zscore']).default('ratio').meta({ description: 'How a row’s entropy is set against its group.' }),
    weight_min: z.number().min(0).default(0.5).meta({ description: 'Smallest weight.' }),
    weight_max: z.number().min(0).default(2).meta({ description: 'Largest weight.' }),
    beta: z.number().default(1).meta({ description: 'Slope of the zscore form.' }),
    z_clip: z.number().min(0).default(3).meta({ description: 'Largest |z| that counts.' }),
    eps: z.number().min(0).default(1e-6).meta({ description: 'Added to the row’s entropy.', unit: 'nats' }),
  })
  .nullable()
  .default(null)
  .meta({ description: 'Weigh the advantages of a group by the exact entropy of each row.' });

export interface EdgeOptions {
  readonly weight: 'ratio' | 'zscore';
  readonly weightMin: number;
  readonly weightMax: number;
  readonly beta: number;
  readonly zClip: number;
  readonly eps: number;
  /** As released: a group of one has mean 0, and rows without tokens count with entropy 0. */
  readonly isSource?: boolean;
}

export function edge(options: EdgeOptions, { countsPadding = false }: { readonly countsPadding?: boolean } = {}): Method {
  return {
    name: 'edge',
    needs: { tables: true, padded: countsPadding },
    advantage({ batch, values, metrics }) {
      const { tables, rows, groups, lengths } = batch;
      if (!tables) throw new DataError('edge: expected the old entropies of the rollout batch, got none. The method needs `tables`.');
      const entropies = countsPadding ? paddedMeans(tables.padded, rows) : rowMeansOver(tables.oldEntropies, tables.responseMask, rows, tables.T);
      const { weights, metrics: own } = edgeWeights(entropies, lengths, groups, options);
      weights.forEach((weight, i) => (values[i]! *= weight));
      Object.assign(metrics, own);
    },
  };
}

/** Mean entropy of every column, padding and all. */
function paddedMeans(padded: PaddedTables | undefined, rows: number): Float64Array {
  if (!padded) throw new DataError('edge: expected the entropies of the padded step, got none. The method needs `padded`.');
  const { width, entropies } = padded;
  return Float64Array.from({ length: rows }, (_, i) => meanOf(Array.from({ length: width - 1 }, (_, t) => entropies[i * width + t]!)));
}

export function edgeWeights(
  entropies: Float64Array,
  lengths: ArrayLike<number>,
  groups: readonly Group[],
  options: EdgeOptions,
): { readonly weights: Float64Array; readonly metrics: Record<string, number> } {
  const { weight, weightMin, weightMax, beta, zClip, eps, isSource = false } = options;
  const clip = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));
  const weights = new Float64Array(entropies.length).fill(1);
  const means = new Float64Array(entropies.length);
  for (const { rows } of groups) {
    const own = isSource ? rows : rows.filter((i) => lengths[i]! > 0);
    const isAlone = own.length < 2;
    const mean = isAlone ? 0 : own.reduce((sum, i) => sum + entropies[i]!, 0) / own.length;
    const std = isAlone ? 1 : Math.max(eps, Math.sqrt(own.reduce((sum, i) => sum + (entropies[i]! - mean) ** 2, 0) / (own.length - 1)));
    for (const i of own) {
      means[i] = mean;
      if (isAlone && !isSource) continue;
      const raw = weight === 'ratio' ? mean / (entropies[i]! + eps) : 1 + beta * clip((mean - entropies[i]!) / std, -zClip, zClip);
      weights[i] = clip(raw, weightMin, weightMax);
    }
  }
  return { weights, metrics: describe(weights, entropies, means, weight) };
}

function describe(weights: Float64Array, entropies: Float64Array, means: Float64Array, form: EdgeOptions['weight']): Record<string, number> {
  const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const center = mean(weights);
  return {
    'edge/enabled': 1,
    'edge/weight_mode_id': form === 'ratio' ? 0 : 1,
    'edge/w_mean': center,
    'edge/w_std': Math.sqrt(mean(weights.map((weight) => (weight - center) ** 2))),
    'edge/P_mean': mean(entropies),
    'edge/P_group_mean': mean(means),
  };
}
