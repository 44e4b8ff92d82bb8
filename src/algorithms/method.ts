/**
 * A method is what a variant adds to the base: functions hooked into the slots of the pipeline. The pipeline fixes the
 * order, so methods compose.
 */

import type { Random } from '../base/random.ts';
import type { AlgorithmState, MiniBatch, Needs, RolloutBatch } from './algorithm.ts';
import type { Draft } from './draft.ts';
import type { SetpointEdit } from './setpoint-edit.ts';

/** The advantages of a step while they are being made; methods change them in place. */
export interface AdvantageDraft {
  readonly batch: RolloutBatch;
  /** [rows] */
  readonly rewards: Float64Array;
  /** [groups] what greedy completions earned, where the batch has it: a price that is the same for every completion is theirs too. */
  readonly greedyRewards?: Float64Array;
  /** [rows] */
  readonly values: Float64Array;
  /** Further numbers per row for the update, by name. */
  readonly terms: Map<string, Float64Array>;
  /** [rows] 0 = the row is left out of the loss. */
  readonly inLoss: Uint8Array;
  /** Leaves single tokens out of the loss: those at 0 in the table [rows, T]. */
  leaveOut(keep: Uint8Array): void;
  readonly metrics: Record<string, number>;
}

export interface Method {
  readonly name: string;
  readonly needs?: Partial<Needs>;
  /** Learns from groups of equal rewards, or takes statistics over all tokens of a mini-batch: no group is left out. */
  readonly usesEveryGroup?: boolean;
  /** Stage 3: changes rewards before they are compared. */
  reward?(draft: AdvantageDraft): void;
  /** Stage 5: scales advantages. */
  advantage?(draft: AdvantageDraft): void;
  /** Stage 6: sets terms: `rowWeight` (multiplies the policy term), `clipHigh` (bound by row), or its own. */
  rows?(draft: AdvantageDraft): void;
  /** Numbers per row that the method's stages read in an update, by name. */
  columns?(batch: MiniBatch): Readonly<Record<string, ArrayLike<number>>>;
  /** Stage 9, before the surrogate: sets token weights or bounds. */
  select?(draft: Draft, random: Random): void;
  /** Stage 8: a policy term of its own in place of the surrogate; writes all of `byLogProb`, before aggregation. */
  policyTerm?(draft: Draft): void;
  /** Stage 9, after the surrogate: adds penalties to its slopes. */
  penalize?(draft: Draft): void;
  /** Stage 10: an entropy term of its own in place of the bonus; writes all of `byEntropy`. */
  entropyTerm?(draft: Draft): void;
  /** The coefficient of the entropy bonus now in force, where the method controls it. */
  entropyCoef?(): number;
  /** The coefficient of the KL term now in force, where the method controls it. */
  klCoef?(): number;
  /** Replaces the edits of a setpoint that the method follows. */
  editSetpoint?(edits: readonly SetpointEdit[]): void;
  endStep?(metrics: Readonly<Record<string, number>>): Readonly<Record<string, number>>;
  state?(): AlgorithmState[string];
  restore?(state: AlgorithmState[string]): void;
}
