/** How far the sampler's policy is from the trainer's old one: measured, weighed, or rejected. Float64 on the host, names and forms as in verl. */

import { exp, log } from '../../base/exponential.ts';

/** Log-probs of the same tokens by two policies, [rows, T], under a mask. */
export interface GapTables {
  readonly rows: number;
  readonly T: number;
  readonly mask: ArrayLike<number>;
  /** By the policy that trains. */
  readonly trainer: ArrayLike<number>;
  /** By the policy that sampled. */
  readonly sampler: ArrayLike<number>;
}

const LIMIT = 20;
const clamp = (x: number, low: number, high: number): number => Math.min(high, Math.max(low, x));
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]): number => (values.length === 0 ? 0 : sum(values) / values.length);
const most = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
const least = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
/** Σ / (n + 1e-8), the masked mean of verl. */
const maskedMean = (values: readonly number[]): number => sum(values) / (values.length + 1e-8);

function std(values: readonly number[]): number {
  const center = mean(values);
  return values.length < 2 ? 0 : Math.sqrt(sum(values.map((value) => (value - center) ** 2)) / (values.length - 1));
}

/** Per row, of its valid tokens: `of(at)`. */
function perRow({ rows, T, mask }: GapTables, of: (at: number) => number): number[][] {
  return Array.from({ length: rows }, (_, i) =>
    Array.from({ length: T }, (__, t) => i * T + t)
      .filter((at) => mask[at] !== 0)
      .map(of),
  );
}

/** The gap between the policies: KL in three estimates, perplexities and their ratio. */
export function gapDiagnostics(tables: GapTables): Record<string, number> {
  const { trainer, sampler } = tables;
  const gaps = perRow(tables, (at) => trainer[at]! - sampler[at]!);
  const all = gaps.flat();
  const [o, p] = [perRow(tables, (at) => trainer[at]!).map(maskedMean), perRow(tables, (at) => sampler[at]!).map(maskedMean)];
  const u = o.map((value, i) => p[i]! - value);
  return {
    training_ppl: mean(o.map((value) => exp(-value))),
    training_log_ppl: mean(o.map((value) => -value)),
    rollout_ppl: mean(p.map((value) => exp(-value))),
    rollout_log_ppl: mean(p.map((value) => -value)),
    log_ppl_diff: mean(u),
    log_ppl_abs_diff: mean(u.map(Math.abs)),
    log_ppl_diff_max: most(u),
    log_ppl_diff_min: least(u),
    ppl_ratio: mean(u.map((value) => exp(value))),
    kl: maskedMean(all.map((d) => -d)),
    k3_kl: maskedMean(all.map((d) => exp(d) - d - 1)),
    chi2_token: maskedMean(all.map((d) => exp(2 * clamp(d, -LIMIT, LIMIT)))) - 1,
    chi2_seq: mean(gaps.map((row) => exp(2 * clamp(sum(row), -LIMIT, LIMIT)))) - 1,
  };
}

export interface WeightMetricOptions {
  readonly level: 'token' | 'sequence';
  readonly outside: 'clip' | 'zero';
  readonly high: number;
  /** For the shares below it; 1 / high where the weights have no lower bound. */
  readonly low: number;
}

/** What importance weights amount to; `batch_norm_factor` is what they are divided by where they are normalised. */
export function weightMetrics(tables: GapTables, { level, outside, high, low }: WeightMetricOptions): Record<string, number> {
  const gaps = perRow(tables, (at) => tables.trainer[at]! - tables.sampler[at]!);
  const exponents = gaps.map((row) => (level === 'token' ? row : row.map(() => sum(row))));
  const raw = exponents.map((row) => row.map((x) => exp(clamp(x, -LIMIT, LIMIT))));
  const weights = raw.map((row) => row.map((w) => (outside === 'clip' ? Math.min(w, high) : w < low || w > high ? 0 : w)));
  const [flat, flatRaw] = [weights.flat(), raw.flat()];
  const held = flat.map((w) => clamp(w, 0, high));
  const [s, sRaw] = [weights.map(maskedMean), raw.map(maskedMean)];
  const rowSums = gaps.map(sum);
  const isToken = level === 'token';
  const share = (test: (w: number) => boolean): number => maskedMean(flatRaw.map((w) => Number(test(w))));
  return {
    mean: maskedMean(flat),
    std: Math.sqrt(Math.max(0, maskedMean(held.map((y) => y * y)) - maskedMean(held) ** 2)),
    eff_sample_size: 1 / maskedMean(held.map((y) => (y / (maskedMean(held) + 1e-8)) ** 2)),
    max: isToken ? most(flat) : exp(Math.min(most(rowSums), LIMIT)),
    min: isToken ? least(flat) : exp(least(rowSums)),
    ratio_fraction_high: isToken ? share((w) => w > high) : mean(rowSums.map((x) => Number(x > log(high)))),
    ratio_fraction_low: isToken ? share((w) => w < low) : mean(rowSums.map((x) => Number(x < log(low)))),
    seq_mean: mean(s),
    seq_std: std(s),
    seq_max: most(s),
    seq_min: least(s),
    seq_max_deviation: most(s.map((value) => Math.abs(value - 1))),
    seq_fraction_high: mean(sRaw.map((value) => Number(value > high))),
    seq_fraction_low: mean(sRaw.map((value) => Number(value < low))),
    oob_ratio: share((w) => w < low || w > high),
    batch_norm_factor: isToken ? maskedMean(flat) : mean(s.filter((_, i) => gaps[i]!.length > 0)),
  };
}

/** The mean of the weights over tokens, or over the rows that have any; what `batch_normalize` divides by. */
export function meanWeight(tables: GapTables, { level, outside, high, low }: WeightMetricOptions): number {
  const gaps = perRow(tables, (at) => tables.trainer[at]! - tables.sampler[at]!).filter((row) => row.length > 0);
  const weightOf = (x: number): number => {
    const raw = exp(clamp(x, -LIMIT, LIMIT));
    if (outside === 'clip') return clamp(raw, low, high);
    return raw < low || raw > high ? 0 : raw;
  };
  return mean(level === 'token' ? gaps.flat().map(weightOf) : gaps.map((row) => weightOf(sum(row))));
}

/** A statistic of the gap: of each token, or of the row's sum, mean or largest, in one of the three estimates of KL. */
export type GapStatistic = `${'token' | 'seq_sum' | 'seq_mean' | 'seq_max'}_${'k1' | 'k2' | 'k3'}`;

export interface Rejection {
  readonly statistic: GapStatistic;
  /** For k1 bounds on the ratio [low, high]; for k2 and k3 the largest value. */
  readonly threshold: number | readonly [low: number, high: number];
}

/** 1 at the tokens that pass every test, [rows, T]; and what the tests measured. */
export function rejectByGap(tables: GapTables, tests: readonly Rejection[]): { readonly keep: Uint8Array; readonly metrics: Record<string, number> } {
  const { rows, T, mask } = tables;
  const keep = Uint8Array.from({ length: rows * T }, (_, at) => (mask[at] === 0 ? 0 : 1));
  const metrics: Record<string, number> = {};
  for (const test of tests) {
    const own = applyTest(tables, test);
    own.keep.forEach((one, at) => (keep[at]! &= one));
    for (const [name, value] of Object.entries(own.metrics)) metrics[`rollout_rs_${test.statistic}_${name}`] = value;
  }
  const rejected = keptShares(tables, keep);
  metrics['rollout_rs_masked_fraction'] = rejected.tokens;
  metrics['rollout_rs_seq_masked_fraction'] = rejected.rowsOfAll;
  return { keep, metrics };
}

function applyTest(tables: GapTables, { statistic, threshold }: Rejection): { readonly keep: Uint8Array; readonly metrics: Record<string, number> } {
  const { rows, T, mask, trainer, sampler } = tables;
  const estimate = statistic.slice(-2);
  const [low, high] = boundsOf(estimate, threshold);
  const values = perRow(tables, (at) => estimateOf(estimate, clamp(trainer[at]! - sampler[at]!, -LIMIT, LIMIT)));
  const isToken = statistic.startsWith('token');
  const summary = values.map((row) =>
    statistic.startsWith('seq_sum') ? sum(row) : statistic.startsWith('seq_max') ? Math.max(...row, row.length === 0 ? 0 : -Infinity) : maskedMean(row),
  );
  const judged = isToken ? values : values.map((row, i) => row.map(() => summary[i]!));
  const keep = new Uint8Array(rows * T);
  judged.forEach((row, i) => {
    let next = 0;
    for (let at = i * T; at < (i + 1) * T; at++) {
      if (mask[at] === 0) continue;
      const v = row[next++]!;
      keep[at] = (low === null || v >= low) && v <= high ? 1 : 0;
    }
  });
  const v = judged.flat();
  const q = summary.filter((_, i) => values[i]!.length > 0);
  const held = v.map((value) => clamp(value, low ?? 0, high));
  const shares = keptShares(tables, keep);
  const above = (list: readonly number[]): number[] => list.map((value) => Number(value > high));
  const below = (list: readonly number[]): number[] => list.map((value) => Number(low !== null && value < low));
  return {
    keep,
    metrics: {
      mean: maskedMean(v),
      std: Math.sqrt(Math.max(0, maskedMean(held.map((y) => y * y)) - maskedMean(held) ** 2)),
      max: most(isToken ? v : q),
      min: least(isToken ? v : q),
      fraction_high: isToken ? maskedMean(above(v)) : mean(above(q)),
      fraction_low: isToken ? maskedMean(below(v)) : mean(below(q)),
      seq_mean: mean(q),
      seq_std: std(q),
      seq_max: most(q),
      seq_min: least(q),
      seq_max_deviation: most(q.map(Math.abs)),
      seq_fraction_high: mean(above(q)),
      seq_fraction_low: mean(below(q)),
      masked_fraction: shares.tokens,
      seq_masked_fraction: shares.rows,
    },
  };
}

function boundsOf(estimate: string, threshold: Rejection['threshold']): readonly [low: number | null, high: number] {
  if (estimate !== 'k1') return [null, typeof threshold === 'number' ? threshold : threshold[1]];
  const [low, high] = typeof threshold === 'number' ? [1 / threshold, threshold] : threshold;
  return [log(low), log(high)];
}

function estimateOf(estimate: string, d: number): number {
  if (estimate === 'k1') return -d;
  return estimate === 'k2' ? 0.5 * d * d : exp(d) - 1 - d;
}

/** Shares of what is rejected: of tokens, of rows with tokens, and of all rows. */
function keptShares(tables: GapTables, keep: Uint8Array): { readonly tokens: number; readonly rows: number; readonly rowsOfAll: number } {
  const out = perRow(tables, (at) => 1 - keep[at]!);
  const touched = out.filter((row) => row.includes(1)).length;
  return {
    tokens: maskedMean(out.flat()),
    rows: touched / Math.max(1, out.filter((row) => row.length > 0).length),
    rowsOfAll: touched / Math.max(1, out.length),
  };
}
