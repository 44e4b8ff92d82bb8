/** Cuts a rollout batch into mini-batches of whole groups. */

import type { Advantages, RolloutBatch } from '../algorithms/algorithm.ts';
import type { Random } from '../base/random.ts';
import type { ScoredRollout } from '../engines/scorer.ts';
import type { Continuation, PackedGroup } from '../model/packing.ts';
import type { RolloutSignals } from './rollout-signals.ts';

/** What a step knows of its rollouts before it begins to learn. */
export interface StepMaterial {
  readonly batch: RolloutBatch;
  readonly advantages: Advantages;
  readonly scored: readonly ScoredRollout[];
  readonly signals: RolloutSignals;
  readonly promptTokens: readonly Uint32Array[];
}

/** One optimizer update's rows. Rows of uninformative groups are counted and left out. */
export interface MiniBatchRows {
  /** Rows of the rollout batch, in table order. */
  readonly rows: readonly number[];
  /** The same rows as the learner takes them; a row's targets begin at slot (table row) · T. */
  readonly groups: readonly PackedGroup[];
  readonly T: number;
  /** Valid tokens and non-empty rows, those left out included. */
  readonly tokenCount: number;
  readonly rowCount: number;
}

/** Tokens of a row that take part in the loss. */
export function lossLength({ lengths, maxTokens, tables }: RolloutBatch, { inLoss, tokensInLoss }: Advantages, row: number): number {
  if (inLoss[row] !== 1) return 0;
  const T = tables?.T ?? maxTokens;
  return tokensInLoss ? tokensInLoss.subarray(row * T, row * T + lengths[row]!).reduce((sum, one) => sum + one, 0) : lengths[row]!;
}

/** The mini-batches of one pass, groups in an order drawn from `random`. */
export function cutMiniBatches(material: StepMaterial, updatePrompts: number, random: Random): MiniBatchRows[] {
  const order = random.permutation(material.batch.groups.length);
  const miniBatches: MiniBatchRows[] = [];
  for (let start = 0; start < order.length; start += updatePrompts) {
    miniBatches.push(gather(material, Array.from(order.subarray(start, start + updatePrompts))));
  }
  return miniBatches;
}

function gather({ batch, advantages, scored, promptTokens }: StepMaterial, chosen: readonly number[]): MiniBatchRows {
  const rows: number[] = [];
  const groups: PackedGroup[] = [];
  const T = batch.maxTokens;
  let tokenCount = 0;
  let rowCount = 0;
  for (const index of chosen) {
    const group = batch.groups[index]!;
    const continuations: Continuation[] = [];
    for (const row of group.rows) {
      const length = lossLength(batch, advantages, row);
      tokenCount += length;
      if (length > 0) rowCount++;
      if (advantages.informative[index] !== 1) continue;
      continuations.push({ targets: scored[row]!.rollout.tokens, slot: rows.length * T });
      rows.push(row);
    }
    if (continuations.length > 0) groups.push({ prompt: promptTokens[group.prompt]!, continuations });
  }
  return { rows, groups, T, tokenCount, rowCount };
}
