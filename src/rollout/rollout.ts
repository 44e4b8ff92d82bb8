/** What the sampler returns: one completion of one prompt. */

export type FinishReason = 'stop' | 'length';

/** A completion as it was sampled. */
export interface Rollout {
  /** Index of the prompt in the batch that was sampled, and of the completion in its group. */
  readonly prompt: number;
  readonly member: number;
  /** The sampled tokens, the stop token included. */
  readonly tokens: Uint32Array;
  /** Log-probability of each token under the distribution it was drawn from, nats. */
  readonly logProbs: Float32Array;
  /** Entropy of the policy at the sampling temperature, before any filter, nats. */
  readonly entropies: Float32Array;
  readonly finishReason: FinishReason;
}

/** The distribution that completions are drawn from, and where they end. */
export interface SamplingOptions {
  /** Completions per prompt. */
  readonly n: number;
  readonly maxTokens: number;
  /** 0 is greedy. */
  readonly temperature: number;
  /** 0 is off. */
  readonly topK: number;
  /** 1 is off. */
  readonly topP: number;
  /** 0 is off. */
  readonly minP: number;
  /** 1 is off. */
  readonly repetitionPenalty: number;
  readonly stopIds: readonly number[];
}

/** Whether the distribution drawn from is the policy's own at the sampling temperature. */
export function isUnfiltered({ topK, topP, minP, repetitionPenalty, temperature }: Omit<SamplingOptions, 'n' | 'maxTokens' | 'stopIds'>): boolean {
  return topK === 0 && topP === 1 && minP === 0 && repetitionPenalty === 1 && temperature > 0;
}
