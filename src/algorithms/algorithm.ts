/**
 * The contract between trainer and algorithm: rewards become advantages once a step, and tables of what the policy
 * says become slopes once an update. The algorithm never sees a logit or a weight; the model never sees a reward.
 *
 * All [B, T] tables are in response coordinates (t = 0 is the first sampled token) under an explicit mask; what stands
 * where the mask is 0 is garbage and is never read into a result.
 */

import type { Random } from '../base/random.ts';
import type { Device } from '../gpu/device.ts';
import type { Tensor } from '../gpu/tensor.ts';
import type { SetpointEdit } from './setpoint-edit.ts';

/** The completions of one prompt. */
export interface Group {
  readonly prompt: number;
  /** Rows of the rollout batch. */
  readonly rows: readonly number[];
}

/** Token tables of the whole rollout batch on the host, for arithmetic over rows. All [rows, T]. */
export interface TokenTables {
  readonly T: number;
  readonly responseMask: ArrayLike<number>;
  readonly oldLogProbs: ArrayLike<number>;
  readonly oldEntropies: ArrayLike<number>;
  readonly refLogProbs?: ArrayLike<number>;
  readonly rolloutLogProbs?: ArrayLike<number>;
  /** Σ p² of the distribution each token was drawn from. */
  readonly oldSumP2?: ArrayLike<number>;
  /** Sampled token ids, and the id that closes the thinking part, if the tokenizer has one. */
  readonly tokens?: ArrayLike<number>;
  readonly thinkEndId?: number | null;
  /** Token ids of each row's prompt, for releases that look into it. */
  readonly prompts?: readonly ArrayLike<number>[];
  /** Of `needs.dropoutPasses` passes with dropout: entropy of their mean distribution, and the mean of their entropies. */
  readonly entropyOfMean?: ArrayLike<number>;
  readonly meanOfEntropies?: ArrayLike<number>;
  readonly padded?: PaddedTables;
}

/**
 * What a release that pads sees: each row of the step padded to the longest, and the distribution after its last column. All [rows, width], width
 * the longest row + 1; column t is of the distribution that predicts token t.
 */
export interface PaddedTables {
  readonly width: number;
  readonly entropies: ArrayLike<number>;
  readonly entropyOfMean?: ArrayLike<number>;
  readonly meanOfEntropies?: ArrayLike<number>;
}

/** Everything sampled and scored in one step, on the host. */
export interface RolloutBatch {
  readonly rows: number;
  readonly groups: readonly Group[];
  /** Total reward per row; NaN where it is missing. */
  readonly rewards: Float64Array;
  /** Rewards by the name of their function, for estimators that treat them apart. */
  readonly rewardParts: ReadonlyMap<string, Float64Array>;
  /** Weights of those rewards in the total; 1 where absent. */
  readonly rewardWeights?: ReadonlyMap<string, number>;
  /** Valid tokens per row. */
  readonly lengths: Uint32Array;
  /** 1 where the completion was cut at the limit. */
  readonly truncated: Uint8Array;
  /** The limit on a completion's length. */
  readonly maxTokens: number;
  /** Extracted final answers, null where there is none. */
  readonly answerKeys?: readonly (string | null)[];
  /** Scores from outside by name; NaN where one is missing or failed. */
  readonly externalScores?: ReadonlyMap<string, Float64Array>;
  /** [groups] reward of the prompt's greedy completion, which is in no group; NaN where it is missing. Present when the algorithm needs it. */
  readonly greedyRewards?: Float64Array;
  /** [groups] tokens of that completion. */
  readonly greedyLengths?: Uint32Array;
  /** Present when the algorithm needs them. */
  readonly tables?: TokenTables;
}

/** What the rewards of a step say about each row. */
export interface Advantages {
  /** [rows]; 0 where nothing can be said. */
  readonly values: Float64Array;
  /** [rows, T], T that of the batch's tables, else its maxTokens, where the advantage differs from token to token; then `values` are the rows' means. */
  readonly tokens?: Float64Array;
  /** Further numbers per row that the update asks for, by name: row weights, bounds, targets. */
  readonly terms: ReadonlyMap<string, Float64Array>;
  /** [rows] 0 = the row's mask is emptied: it counted in its group and takes no part in the loss. */
  readonly inLoss: Uint8Array;
  /** [rows, T], T that of the batch's tables: 0 = the token takes no part in the loss, nor in its denominator. Absent while all do. */
  readonly tokensInLoss?: Uint8Array;
  /** [groups] 0 = no slope can come of the group. The trainer may leave it out; the counts of a mini-batch still include it. */
  readonly informative: Uint8Array;
  readonly metrics: Readonly<Record<string, number>>;
}

/** The completions of one optimizer step. Tables are f32 [B, T] on the device, per-row arrays [B] on the host. */
export interface MiniBatch {
  readonly device: Device;
  readonly B: number;
  readonly T: number;
  /** Valid tokens, and rows with at least one, of the whole mini-batch: rows left out as uninformative included. */
  readonly tokenCount: number;
  readonly rowCount: number;

  readonly responseMask: Tensor;
  readonly policyLogProbs: Tensor;
  readonly entropies: Tensor;
  /** The tensor of `policyLogProbs` itself while the policy has not moved since it was asked. */
  readonly oldLogProbs: Tensor;
  readonly oldEntropies?: Tensor;
  readonly refLogProbs?: Tensor;
  readonly rolloutLogProbs?: Tensor;
  /** [B, T, 6]: maxProb, meanLogit, sumP2, sumP2LogP, filtered mass, filtered Σ p ln p. */
  readonly moments?: Tensor;
  readonly tokenAdvantages?: Tensor;

  readonly advantages: Float64Array;
  /** The rows of `Advantages.terms`. */
  readonly terms: ReadonlyMap<string, Float64Array>;
  readonly lengths: Uint32Array;
  readonly groupIds: Uint32Array;
  /** Rows of the rollout batch: random draws are named by them, so that the order of rows changes nothing. */
  readonly rowIds: Uint32Array;
  readonly maxTokens: number;
  /** The rows that memory lets pass together, where a release's defect is to be reproduced: no other result depends on them. */
  readonly microRows?: readonly (readonly number[])[];
  /** Tokens the policy can draw. */
  readonly vocabulary?: number;
}

/** How every token should move, and what there is to report of it. */
export interface Update {
  /** ∂loss/∂logProb and ∂loss/∂entropy, [B, T], divided by the loss's denominator. Valid until the next update. */
  readonly byLogProb: Tensor;
  readonly byEntropy: Tensor;
  /** Whether `byEntropy` can be other than zero. */
  readonly movesEntropy: boolean;
  /** Waits for the device, once. Call it once; any time before or after later updates. */
  readMetrics(): Promise<Record<string, number>>;
}

/** What a trainer must compute for an algorithm beyond log-probs, entropies and rewards. */
export interface Needs {
  readonly reference: boolean;
  readonly rolloutLogProbs: boolean;
  readonly oldEntropies: boolean;
  readonly moments: boolean;
  /** `RolloutBatch.tables`: advantages are asked for after the old log-probs are known. */
  readonly tables: boolean;
  /** `TokenTables.tokens` and `thinkEndId`. */
  readonly segments: boolean;
  /** `TokenTables.prompts`. */
  readonly prompts: boolean;
  /** `MiniBatch.microRows`. */
  readonly microRows: boolean;
  readonly answerKeys: boolean;
  /** `RolloutBatch.greedyRewards`: one more completion of each prompt. */
  readonly greedyRewards: boolean;
  /** Whether `Advantages.tokens` may be there. */
  readonly tokenAdvantages: boolean;
  /** Name of an external score, or null. */
  readonly score: string | null;
  /** Passes with dropout on, 0 for none, and the share dropped in them. */
  readonly dropoutPasses: number;
  readonly dropout: number;
  /** `TokenTables.padded`. */
  readonly padded: boolean;
}

export const NO_NEEDS: Needs = {
  reference: false,
  rolloutLogProbs: false,
  oldEntropies: false,
  moments: false,
  tables: false,
  segments: false,
  prompts: false,
  microRows: false,
  answerKeys: false,
  greedyRewards: false,
  tokenAdvantages: false,
  score: null,
  dropoutPasses: 0,
  dropout: 0,
  padded: false,
};

/** Numbers that controllers keep from step to step, as JSON. */
export type AlgorithmState = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** The contract with the trainer: advantages once per rollout batch, slopes once per optimizer step. */
export interface Algorithm {
  readonly name: string;
  readonly needs: Needs;
  readonly usesReference: boolean;
  /** Once per rollout batch. */
  advantages(batch: RolloutBatch): Advantages;
  /** Once per optimizer step. `random` belongs to this update. */
  update(batch: MiniBatch, random: Random): Update;
  /** Lets controllers read the step's metrics (means over its updates). Returns metrics of their own. */
  endStep(metrics: Readonly<Record<string, number>>): Readonly<Record<string, number>>;
  /** Replaces the edits of the setpoint, where a method follows one; absent where none does. */
  editSetpoint?(edits: readonly SetpointEdit[]): void;
  state(): AlgorithmState;
  restore(state: AlgorithmState): void;
}
