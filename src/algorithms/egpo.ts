/**
 * EGPO: rows that were surer than their group weigh more, rows that were less sure weigh less.
 *
 *   H_i = mean over the segment of −oldLogProb (the surprisal of what was sampled), or of the exact entropy
 *   w_i = clip(mean of H over the group / (H_i + eps), weightMin, weightMax)        A_i ← A_i · w_i
 *
 * @source Zzzzyear/test_verl, verl/trainer/ppo/core_algos.py, compute_egpo_advantage (no paper). Departures: the closing tag of the
 *   thinking is looked for among the completion's tokens; the release applies an index into prompt and completion to the completion alone.
 */

import { z } from 'zod';
import { DataError } from '../base/errors.ts';
import type { Group } from './algorithm.ts';
import type { Method } from './method.ts';
import { rowMeansOver, segmentMask } from './stages/segments.ts';

export const egpoBlock = z
  .strictObject({
    signal: z
      .enum(['nll', 'entropy'])
      .default('nll')
      .meta({ description: 'What says how sure a row was: the surprisal of its tokens, or their exact entropy.' }),
    segment: z.enum(['answer', 'thinking', 'joint']).default('answer').meta({ description: 'Tokens it is taken over.' }),
    weight_min: z.number().min(0).default(0.5).meta({ description: 'Smallest weight.' }),
    weight_max: z.number().min(0).default(2).meta({ description: 'Largest weight.' }),
    eps: z.number().min(0).default(1e-6).meta({ description: 'Added to the row’s signal.' }),
    version: z
      .union([z.literal(1), z.literal(2), z.literal(3)])
      .default(3)
      .meta({ description: 'Which release; 3 leaves rows with an empty segment alone.' }),
    negatives: z
      .enum(['original', 'clamp', 'lock_one'])
      .default('original')
      .meta({ description: 'Rows without a positive reward: weighted alike, never raised, or left at 1.' }),
  })
  .nullable()
  .default(null)
  .meta({ description: 'Weigh the advantages of a group by how sure each row was.' });

export interface EgpoOptions {
  readonly signal: 'nll' | 'entropy';
  readonly segment: 'answer' | 'thinking' | 'joint';
  readonly weightMin: number;
  readonly weightMax: number;
  readonly eps: number;
  readonly version: 1 | 2 | 3;
  readonly negatives: 'original' | 'clamp' | 'lock_one';
}

/** `isMisaligned`: as released, the segment begins at the tag's place in prompt and completion together. */
export function egpo(options: EgpoOptions, { isMisaligned = false }: { readonly isMisaligned?: boolean } = {}): Method {
  return {
    name: 'egpo',
    needs: { tables: true, segments: options.segment !== 'joint', prompts: isMisaligned },
    advantage({ batch, rewards, values, metrics }) {
      const { tables, rows, groups, lengths } = batch;
      if (!tables) throw new DataError('egpo: expected the old log-probs of the rollout batch, got none. The method needs `tables`.');
      if (isMisaligned && !tables.prompts)
        throw new DataError('compat.egpo.align: expected the prompts of the rollout batch, got none. The flag needs `prompts`.');
      const mask = segmentMask(tables, rows, options.segment, { isSource: isMisaligned });
      const [table, sign] = options.signal === 'nll' ? [tables.oldLogProbs, -1 as const] : [tables.oldEntropies, 1 as const];
      const signal = rowMeansOver(table, mask, rows, tables.T, sign);
      const isValid = Array.from(signal, (_, i) => mask.subarray(i * tables.T, (i + 1) * tables.T).some((one) => one !== 0));
      // From version 3 on a reward counts as positive only where a valid token carries it.
      const isPositive = Array.from(rewards, (reward, i) => reward > 0 && (options.version < 3 || lengths[i]! > 0));
      const weighed = egpoWeights({ signal, isValid, isPositive, groups }, options);
      weighed.weights.forEach((weight, i) => (values[i]! *= weight));
      Object.assign(metrics, weighed.metrics);
    },
  };
}

export interface EgpoRows {
  /** [rows] how unsure each row was. */
  readonly signal: Float64Array;
  /** Whether the row's segment has tokens. */
  readonly isValid: readonly boolean[];
  readonly isPositive: readonly boolean[];
  readonly groups: readonly Group[];
}

export function egpoWeights(
  { signal, isValid, isPositive, groups }: EgpoRows,
  options: EgpoOptions,
): { readonly weights: Float64Array; readonly metrics: Record<string, number> } {
  const { weightMin, weightMax, eps, version, negatives } = options;
  const counts = (i: number): boolean => version < 3 || isValid[i]!;
  const ratios = new Float64Array(signal.length);
  const groupMeans = new Float64Array(signal.length);
  for (const { rows } of groups) {
    const own = rows.filter(counts);
    const mean = own.reduce((sum, i) => sum + signal[i]!, 0) / (own.length + 1e-8);
    for (const i of rows) {
      const ratio = mean / (signal[i]! + eps);
      groupMeans[i] = mean;
      ratios[i] = version < 3 || (isValid[i] && Number.isFinite(ratio)) ? ratio : 1;
    }
  }
  const weights = ratios.map((ratio, i) => weightOf(ratio, isPositive[i]!));
  const measured = Array.from(signal.keys()).filter(counts);
  return { weights, metrics: egpoMetrics({ signal, groupMeans, ratios, weights, measured, isPositive, isValid }, options) };

  function weightOf(ratio: number, positive: boolean): number {
    const clip = (low: number, high: number): number => Math.min(high, Math.max(low, ratio));
    if (version === 1 || negatives === 'original') return clip(weightMin, weightMax);
    if (positive) return version === 2 ? clip(weightMin, weightMax) : clip(1, weightMax);
    if (negatives === 'lock_one') return 1;
    return version === 2 ? Math.min(clip(weightMin, weightMax), 1) : clip(weightMin, 1);
  }
}

interface EgpoMeasures extends Omit<EgpoRows, 'groups'> {
  readonly groupMeans: Float64Array;
  readonly ratios: Float64Array;
  readonly weights: Float64Array;
  /** Rows that entropies and ratios are reported over. */
  readonly measured: readonly number[];
}

function egpoMetrics(
  { signal, groupMeans, ratios, weights, measured, isPositive, isValid }: EgpoMeasures,
  { version, negatives }: EgpoOptions,
): Record<string, number> {
  const all = Array.from(weights);
  const mean = (values: readonly number[]): number => (values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length);
  const pick = (table: Float64Array): number[] => measured.map((i) => table[i]!);
  const squares = all.reduce((sum, weight) => sum + (weight - mean(all)) ** 2, 0);
  const [positive, negative] = [all.filter((_, i) => isPositive[i]), all.filter((_, i) => !isPositive[i])];
  const extreme = (values: readonly number[], best: (...values: number[]) => number): number => (values.length === 0 ? 0 : best(...values));
  return {
    'egpo/weight/mean': mean(all),
    'egpo/weight/min': extreme(all, Math.min),
    'egpo/weight/max': extreme(all, Math.max),
    'egpo/weight/std': Math.sqrt(squares / Math.max(1, version === 3 ? all.length : all.length - 1)),
    'egpo/entropy/seq_mean': mean(pick(signal)),
    'egpo/entropy/group_mean': mean(pick(groupMeans)),
    'egpo/ratio/mean': mean(pick(ratios)),
    'egpo/ratio/max': extreme(pick(ratios), Math.max),
    'egpo/enabled': 1,
    'egpo/mode_id': ['original', 'clamp', 'lock_one'].indexOf(negatives),
    'egpo/pos_frac': mean(isPositive.map(Number)),
    'egpo/weight_pos/mean': mean(positive),
    'egpo/weight_pos/min': extreme(positive, Math.min),
    'egpo/weight_neg/mean': mean(negative),
    'egpo/weight_neg/max': extreme(negative, Math.max),
    'egpo/valid_ratio': mean(isValid.map(Number)),
  };
}
