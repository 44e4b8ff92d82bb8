/** Advantages normalised over the tokens of a whole batch, and returns that differ from token to token. All [rows, T], float64. */

import { exp } from '../../base/exponential.ts';
import type { Group } from '../algorithm.ts';
import { meanOf } from './advantage.ts';

/** A mask [rows, T], flat. */
export interface TokenMask {
  readonly rows: number;
  readonly T: number;
  readonly mask: ArrayLike<number>;
}

/** Numbers per row, repeated at each of its valid tokens. */
export function spreadOverTokens(values: ArrayLike<number>, { rows, T, mask }: TokenMask): Float64Array {
  return Float64Array.from({ length: rows * T }, (_, at) => (mask[at] === 0 ? 0 : values[Math.floor(at / T)]!));
}

/** (x − mean) / √(variance + 1e-8) over the valid tokens of the batch; the variance is unbiased. 0 where the mask is, and where all values are equal. */
export function whiten(table: Float64Array, { mask }: TokenMask): Float64Array {
  let [count, sum] = [0, 0];
  table.forEach((value, at) => {
    if (mask[at] === 0) return;
    count++;
    sum += value;
  });
  const first = table.find((_, at) => mask[at] !== 0);
  if (table.every((value, at) => mask[at] === 0 || value === first)) return new Float64Array(table.length);
  const mean = sum / Math.max(1, count);
  let squares = 0;
  table.forEach((value, at) => {
    if (mask[at] !== 0) squares += (value - mean) ** 2;
  });
  const scale = 1 / Math.sqrt(squares / Math.max(1, count - 1) + 1e-8);
  return table.map((value, at) => (mask[at] === 0 ? 0 : (value - mean) * scale));
}

/**
 * REINFORCE++'s returns: the row's reward at its last token, discounted backwards.
 *
 *   G_t = r_t + γ · G_{t+1}
 *
 * A masked token inside the row passes G through (`carry`), or empties it (`reset`, as in older releases).
 *
 * @source Hu et al. 2025, arXiv:2501.03262
 */
export function discountedReturns(rewards: ArrayLike<number>, { rows, T, mask }: TokenMask, gamma: number, atMasked: 'carry' | 'reset'): Float64Array {
  const returns = new Float64Array(rows * T);
  for (let i = 0; i < rows; i++) {
    let running = 0;
    let isLast = true;
    for (let at = (i + 1) * T - 1; at >= i * T; at--) {
      if (mask[at] === 0) {
        if (atMasked === 'reset') running = 0;
        continue;
      }
      running = (isLast ? rewards[i]! : 0) + gamma * running;
      isLast = false;
      returns[at] = running;
    }
  }
  return returns;
}

/**
 * The baseline of least variance, token by token: rows of a group that are still alive at t, weighted by how much their
 * prefix has moved.
 *
 *   W_{i,t} = Σ_{u ≤ t} (1 − 2 e^{logProb_u} + Σ p²)        B_t = Σ_j R_j W_{j,t} / (Σ_j W_{j,t} + eps)        A = R_i − B_t
 *
 * A group of one has B = 0. With `handleZeroTail` the one row strictly longer than all others has B = 0 beyond the second longest.
 *
 * @source verl, compute_optimal_token_baseline_advantage
 */
export function optimalTokenBaseline(
  rewards: ArrayLike<number>,
  groups: readonly Group[],
  { rows, T, mask }: TokenMask,
  {
    oldLogProbs,
    sumP2,
    eps,
    handleZeroTail,
  }: { readonly oldLogProbs: ArrayLike<number>; readonly sumP2: ArrayLike<number>; readonly eps: number; readonly handleZeroTail: boolean },
): Float64Array {
  const variance = new Float64Array(rows * T);
  for (let i = 0; i < rows; i++) {
    let sum = 0;
    for (let at = i * T; at < (i + 1) * T; at++) {
      if (mask[at] !== 0) sum += 1 - 2 * exp(oldLogProbs[at]!) + sumP2[at]!;
      variance[at] = sum;
    }
  }
  const advantages = new Float64Array(rows * T);
  const lastOf = (row: number): number => Array.from({ length: T }, (_, t) => (mask[row * T + t] === 0 ? -1 : t)).reduce((a, b) => Math.max(a, b), -1);
  for (const group of groups) {
    const ends = new Map(group.rows.map((row) => [row, lastOf(row)]));
    const [longest = -1, second = -1] = [...ends.values()].sort((a, b) => b - a);
    for (let t = 0; t < T; t++) {
      const alive = group.rows.filter((row) => mask[row * T + t] !== 0);
      const weight = alive.reduce((sum, row) => sum + variance[row * T + t]!, 0);
      const isTail = handleZeroTail && longest > second && t > second;
      const baseline = group.rows.length === 1 || isTail ? 0 : alive.reduce((sum, row) => sum + rewards[row]! * variance[row * T + t]!, 0) / (weight + eps);
      for (const row of alive) advantages[row * T + t] = rewards[row]! - baseline;
    }
  }
  return advantages;
}

/**
 * GDPO and TRL's normalise-then-sum: each reward function is normalised in its group, then they are added with their weights.
 *
 *   s_i = Σ_k w_k · (R_{k,i} − mean_g) / (std₁_g + eps)
 *
 * A missing part (NaN) takes no part in its mean and deviation and adds 0. Where `singleton` is raw a group of one has mean 0 and deviation 1.
 *
 * @source Liu et al. 2026 (GDPO), arXiv:2601.05242
 */
export function normalizedThenSummed(
  parts: readonly ArrayLike<number>[],
  weights: readonly number[],
  groups: readonly Group[],
  { eps, singleton }: { readonly eps: number; readonly singleton: 'zero' | 'raw' },
): Float64Array {
  const sums = new Float64Array(parts[0]?.length ?? 0);
  parts.forEach((part, k) => {
    for (const { rows } of groups) {
      const known = rows.filter((row) => !Number.isNaN(part[row]!));
      const values = known.map((row) => part[row]!);
      const isRaw = values.length === 1 && singleton === 'raw';
      const mean = isRaw ? 0 : meanOf(values);
      const std = isRaw ? 1 : Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1));
      for (const row of known) sums[row]! += (weights[k]! * (part[row]! - mean)) / (std + eps);
    }
  });
  return sums;
}
