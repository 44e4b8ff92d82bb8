/** Everything a training run is made of. `recipe/build.ts` makes it from a recipe; nothing here knows there is one. */

import type { Algorithm } from '../algorithms/algorithm.ts';
import type { Random } from '../base/random.ts';
import type { Prompt, PromptOrder } from '../data/prompt.ts';
import type { Learner } from '../engines/learner.ts';
import type { Scorer } from '../engines/scorer.ts';
import type { Schedule } from '../optim/schedule.ts';
import type { SamplingOptions } from '../rollout/rollout.ts';
import type { PolicySampler } from '../rollout/sampler.ts';
import type { EvaluationSet } from './evaluate.ts';
import type { StepTables } from './step-tables.ts';

/** The numbers of a step. */
export interface StepSettings {
  /** Prompts sampled in a step, and prompts of one optimizer update. */
  readonly prompts: number;
  readonly updatePrompts: number;
  /** Passes over the rollouts of a step. */
  readonly epochs: number;
  readonly sampling: SamplingOptions;
  readonly schedule: Schedule;
  /** Where old log-probs come from; the sampler's are those of the trainer where nothing filters the distribution. */
  readonly oldLogProbs: 'sampler' | 'trainer';
  /** Sample on until enough groups have differing values of a metric (null: the total reward); null takes every group. */
  readonly filterGroups: { readonly metric: string | null; readonly maxGenBatches: number } | null;
  /** Measure the KL to the reference even where no loss term needs it. */
  readonly measureKl: boolean;
}

/** The parts of a run that a step works with. */
export interface TrainingRun {
  readonly random: Random;
  readonly learner: Learner;
  readonly sampler: PolicySampler;
  readonly scorer: Scorer;
  readonly algorithm: Algorithm;
  readonly prompts: PromptOrder;
  /** The token ids of a prompt. */
  readonly encode: (prompt: Prompt) => Uint32Array;
  readonly settings: StepSettings;
  readonly tables: StepTables;
  /** The token that closes the thinking part, if the tokenizer has one. */
  readonly thinkEndId: number | null;
  readonly evaluations: readonly EvaluationSet[];
  /** Counters that move with the run; part of a checkpoint. */
  readonly progress: Progress;
}

/** How far a run has come. */
export interface Progress {
  /** Steps done. */
  step: number;
  /** Optimizer updates done. */
  updates: number;
  /** Prompts drawn. */
  cursor: number;
  /** Tokens sampled. */
  tokens: number;
}
