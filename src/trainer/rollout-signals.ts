/** What the policy said about rollouts when they were sampled, as the step carries it along. */

import type { TokenTables } from '../algorithms/algorithm.ts';

/** One array of `length` numbers per row of the rollout batch. */
export type PerToken = readonly ArrayLike<number>[];

export interface RolloutSignals {
  readonly oldLogProbs: PerToken;
  readonly oldEntropies: PerToken;
  /** Present when the algorithm needs them. */
  readonly tables?: TokenTables;
}
