/** Several rewards of one batch, added up. */

import { DataError } from '../base/errors.ts';
import { columnOf } from '../data/columns.ts';
import type { Prompt } from '../data/prompt.ts';
import type { Completion, Reward, RewardRow } from './reward.ts';

/** A reward and what it counts in the sum. */
export interface WeightedReward {
  readonly reward: Reward;
  readonly weight: number;
  /** Columns that a prompt must have, each with this value or one of these; other rows are left out. */
  readonly when?: Readonly<Record<string, unknown>>;
}

/** What one reward said about a batch. */
export interface RewardPart {
  readonly name: string;
  readonly weight: number;
  /** One per completion, with null scores where the reward does not apply or failed. */
  readonly rows: readonly RewardRow[];
  /** Rows with a score. */
  readonly scored: number;
  readonly parseFailed: number;
  /** Rows on which the reward failed, not-a-number scores included. */
  readonly failed: number;
  readonly firstError?: string;
}

/** The sum of the rewards of each completion, and its parts. */
export interface CombinedRewards {
  /** Weighted sum of the scores of each completion; null where none applies or one that does failed. */
  readonly totals: readonly (number | null)[];
  readonly parts: readonly RewardPart[];
}

/**
 * Scores a batch with every reward and adds the scores up.
 *
 *   total = Σ weight · score     over the rewards that apply to the row
 *
 * A row on which a reward failed has no total, rather than one that lacks a part: it must not be compared with its group. A reward of
 * weight 0 is a score that others read; where it fails, the total stands.
 *
 * @throws DataError if a reward with a weight fails on every row that it applies to
 */
export async function combineRewards(rewards: readonly WeightedReward[], batch: readonly Completion[]): Promise<CombinedRewards> {
  const parts = await Promise.all(rewards.map((weighted) => scorePart(weighted, batch)));
  const totals = batch.map((_, i) => totalOf(parts, i));
  return { totals, parts };
}

function totalOf(parts: readonly RewardPart[], i: number): number | null {
  let total: number | null = null;
  for (const { rows, weight } of parts) {
    const { score, error } = rows[i] ?? { score: null };
    if (error !== undefined && weight !== 0) return null;
    if (score !== null) total = (total ?? 0) + weight * score;
  }
  return total;
}

async function scorePart({ reward, weight, when }: WeightedReward, batch: readonly Completion[]): Promise<RewardPart> {
  const applies = batch.map(({ prompt }) => when === undefined || matches(prompt, when));
  const asked = batch.filter((_, i) => applies[i]);
  const answered = (await scoreRows(reward, asked)).map(refuseNonFinite)[Symbol.iterator]();
  const rows = applies.map((isAsked): RewardRow => (isAsked ? (answered.next().value ?? { score: null }) : { score: null }));

  const errors = rows.flatMap(({ error }) => error ?? []);
  if (asked.length > 0 && errors.length === asked.length && weight !== 0) {
    throw new DataError(`reward ${reward.name}: expected scores, got a failure on each of ${asked.length} completions, first: ${errors[0]}`);
  }
  return {
    name: reward.name,
    weight,
    rows,
    scored: rows.filter(({ score }) => score !== null).length,
    parseFailed: rows.filter(({ parseFailed }) => parseFailed).length,
    failed: errors.length,
    ...(errors[0] === undefined ? {} : { firstError: errors[0] }),
  };
}

async function scoreRows(reward: Reward, batch: readonly Completion[]): Promise<readonly RewardRow[]> {
  if (batch.length === 0) return [];
  let rows: readonly RewardRow[];
  try {
    rows = await reward.score(batch);
  } catch (error) {
    return batch.map(() => ({ score: null, error: String(error) }));
  }
  if (rows.length !== batch.length) {
    throw new DataError(`reward ${reward.name}: expected ${batch.length} scores, got ${rows.length}. Return one per completion, null where it does not apply.`);
  }
  return rows;
}

function refuseNonFinite(row: RewardRow): RewardRow {
  if (row.score === null || Number.isFinite(row.score)) return row;
  return { ...row, score: null, error: `expected a finite score, got ${row.score}.` };
}

/** Whether a prompt's columns have the values that an entry of the recipe asks for; `source` is the prompt's own. */
function matches(prompt: Prompt, when: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(when).every(([name, wanted]) => {
    const value = columnOf(prompt.columns, name) ?? (name === 'source' ? prompt.source : undefined);
    return Array.isArray(wanted) ? wanted.includes(value) : wanted === value;
  });
}
