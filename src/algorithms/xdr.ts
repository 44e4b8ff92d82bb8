/**
 * xDr.GRPO: inside a group, rows that contribute more to the objective weigh more.
 *
 *   U_i = A_i · n_i / maxTokens, at the policy that sampled      w_i = n_valid · softmax over the group (U / tau)
 *
 * tau = ∞ leaves every row at 1; tau = 0 shares all weight among the best. Equal utilities give exactly 1. `adaptive`: tau / ln(1 + κ), κ the
 * different right answers of the group, at least 1; a right completion without an answer counts as one of its own.
 *
 * @source liv-daliberti/maxent-grpo, src/oat_drgrpo/xdr.py, paper/main.tex. Departures: none at the frozen utilities; the reference tilt of
 *   the paper is not in its code and not here.
 */

import { z } from 'zod';
import { exp, log } from '../base/exponential.ts';
import type { Group, RolloutBatch } from './algorithm.ts';
import type { Method } from './method.ts';
import { softmax, weightEntropy } from './stages/listwise.ts';

export const xdrBlock = z
  .strictObject({
    tau: z.number().min(0).nullable().default(null).meta({ description: 'Temperature of the weights; null leaves every row at 1, 0 keeps the best.' }),
    adaptive: z.boolean().default(false).meta({ description: 'A lower temperature where a prompt has several right answers.' }),
  })
  .nullable()
  .default(null)
  .meta({ description: 'Weigh the rows of a group by what they contribute.' });

export interface XdrOptions {
  /** null is ∞. */
  readonly tau: number | null;
  readonly adaptive?: boolean;
}

export function xdr({ tau, adaptive = false }: XdrOptions): Method {
  return {
    name: 'xdr',
    ...(adaptive && { needs: { answerKeys: true } }),
    rows({ batch, rewards, values, terms, inLoss, metrics }) {
      if (tau === null) return;
      const utilities = values.map((value, i) => (value * batch.lengths[i]!) / batch.maxTokens);
      const isIn = (row: number): boolean => batch.lengths[row]! > 0 && inLoss[row] === 1;
      const weights = new Float64Array(batch.rows);
      for (const group of batch.groups) {
        const own = adaptive ? tau / log(1 + Math.max(1, rightAnswers(batch, group))) : tau;
        tempered(utilities, group, own, isIn).forEach((weight, i) => (weights[group.rows[i]!] = weight));
      }
      terms.set('rowWeight', weights);
      Object.assign(metrics, describeWeights(weights, rewards, batch.groups));
    },
  };
}

/** Different answers among the completions of a group that were rewarded. */
export function rightAnswers({ rewards, answerKeys }: Pick<RolloutBatch, 'rewards' | 'answerKeys'>, { rows }: Group): number {
  return new Set(rows.filter((row) => rewards[row]! > 0).map((row) => answerKeys?.[row] ?? row)).size;
}

/** The weights of a group's rows; they sum to the number of rows that take part, and the others have 0. */
export function tempered(utilities: ArrayLike<number>, { rows }: Group, tau: number, isIn: (row: number) => boolean): number[] {
  const own = rows.filter(isIn);
  const best = Math.max(...own.map((row) => utilities[row]!));
  const isEqual = own.every((row) => utilities[row] === best);
  const ties = own.filter((row) => utilities[row] === best).length;
  const shares = tau > 0 ? softmax(own.map((row) => utilities[row]! / tau)) : own.map((row) => (utilities[row] === best ? 1 / ties : 0));
  const weights = new Map(own.map((row, i) => [row, isEqual ? 1 : shares[i]! * own.length]));
  return rows.map((row) => weights.get(row) ?? 0);
}

/** How many rows the weights amount to, and how much of them lies on rows without reward; over groups with some weight. */
export function describeWeights(weights: ArrayLike<number>, rewards: ArrayLike<number>, groups: readonly Group[]): Record<string, number> {
  let [count, effective, incorrect] = [0, 0, 0];
  for (const { rows } of groups) {
    const total = rows.reduce((sum, row) => sum + weights[row]!, 0);
    if (total === 0) continue;
    const shares = rows.map((row) => weights[row]! / total);
    count++;
    effective += exp(weightEntropy(shares));
    incorrect += rows.reduce((sum, row, i) => sum + (rewards[row]! <= 0 ? shares[i]! : 0), 0);
  }
  return { agg_eff_rollouts: effective / Math.max(1, count), agg_incorrect_mass: incorrect / Math.max(1, count) };
}
