/** The public surface, for every runtime: no file system, no `process`. */

// Errors, and the one source of random numbers.
export { DataError, DeviceError, GuardError, Interrupted, KernelError, PreflightError, RecipeError, type RecipeIssue, TrainerError } from './base/errors.ts';
export { Random } from './base/random.ts';
export { VERSION } from './base/version.ts';

// Devices, tensors and kernels.
export { type Device, type MemoryUse, tensorOf } from './gpu/device.ts';
export { GpuDevice } from './gpu/gpu-device.ts';
export {
  type ArraysOf,
  type Binding,
  type Bindings,
  defineKernel,
  type Dims,
  type Kernel,
  read,
  type TensorsOf,
  type Tolerance,
  update,
  write,
} from './gpu/kernel.ts';
export { PlanningDevice } from './gpu/planning-device.ts';
export { ReferenceDevice } from './gpu/reference-device.ts';
export { type DeviceRequest, requestDevice } from './gpu/request-device.ts';
export { type ElementType, type HostArray, Tensor } from './gpu/tensor.ts';
export { type SumColumns, type TableView, maskedSums, rowColumn, wholeTable } from './kernels/stages.ts';
export { covarianceOf } from './kernels/stages-covariance.ts';
export { applyOperation, tableOperation, type TableOperation } from './kernels/table-operation.ts';
export { firstOrderEntropyChange, type TokenMoments } from './kernels/entropy-change.ts';
export { MOMENTS } from './kernels/token-stats.ts';
export { type DeviceTraits, type Tier, traitsOf } from './gpu/traits.ts';

// The model.
export { type Llama3RopeScaling, type ModelConfig, type ModelFamily, parameterCount } from './model/config.ts';
export { type TokenSlopes, type TokenStats } from './model/head.ts';
export { initialWeights } from './model/initialise.ts';
export { type Continuation, microBatches, packGroups, type PackedBatch, type PackedGroup } from './model/packing.ts';
export { createParameters, loadParameters, type Parameter, type Parameters } from './model/parameters.ts';
export { parseModelConfig } from './model/parse-config.ts';
export { createRopeTable, Transformer, type TransformerLimits } from './model/transformer.ts';
export { openShardedWeights, openWeights, type Weights } from './model/weights.ts';
export { AdamW, type AdamWOptions, type UpdateReport } from './optim/adamw.ts';
export { learningRate, type Schedule } from './optim/schedule.ts';

// Tokenizers, prompts and rewards.
export { loadTokenizer, type Tokenizer } from './tokenizer/tokenizer.ts';
export { parsePrompts } from './data/jsonl.ts';
export {
  isHeldOut,
  MAKE_THE_NUMBER,
  makeTheNumber,
  NUMBER_VOCABULARY,
  numberPrompt,
  type NumberQuestion,
  type NumberTask,
  parseNumberQuestion,
} from './data/make-the-number.ts';
export { countAnswers, enumerateAnswers } from './data/make-the-number-answers.ts';
export { type NumberVerdict, verifyNumber } from './data/make-the-number-verifier.ts';
export { type Message, type Prompt, type PromptOrder, promptOrder, type PromptSet, promptSet } from './data/prompt.ts';
export { type CombinedRewards, combineRewards, type WeightedReward } from './rewards/combine.ts';
export { BUILT_IN_REWARDS, builtInReward } from './rewards/index.ts';
export { moduleReward, type RewardShape } from './rewards/module-reward.ts';
export { type Completion, defineReward, type Reward, type RewardKind, type RewardRow } from './rewards/reward.ts';

// Sampling.
export { type SamplerLimits } from './rollout/decode-room.ts';
export { type FinishReason, type Rollout, type SamplingOptions } from './rollout/rollout.ts';
export { PolicySampler } from './rollout/sampler.ts';

// Algorithms: the contract, and all of them by name.
export {
  type Advantages,
  type Algorithm,
  type AlgorithmState,
  type Group,
  type MiniBatch,
  type Needs,
  type RolloutBatch,
  type Update,
} from './algorithms/algorithm.ts';
export { createAlgorithm } from './algorithms/index.ts';
export { type EntropyLaw, entropyLawBand, type EntropyPoint, fitEntropyLaw, type LawBand } from './algorithms/law.ts';
export { type MethodOptions } from './algorithms/methods.ts';
export { type AlgorithmOptions, GRPO_OPTIONS } from './algorithms/options.ts';

// Engines: who samples, who learns, who scores.
export { Learner, type LearnerLimits } from './engines/learner.ts';
export { createScorer, type ScoredRollout, type Scorer } from './engines/scorer.ts';

// The trainer: one step, the run, and those who watch it.
export { type AnswerOptions, answerLogProbs, type AskedCompletions } from './trainer/answer-probabilities.ts';
export { type Evaluation, type EvaluationSet, evaluate, passAtK } from './trainer/evaluate.ts';
export { type GuardOptions } from './trainer/guards.ts';
export { type MetricSchema, renamed } from './trainer/metric-names.ts';
export {
  type CompletionSample,
  type EventRow,
  type MetricsRow,
  type RunInfo,
  type RunObserver,
  silent,
  tellAll,
  type TrainSummary,
} from './trainer/observer.ts';
export { copyRun, unzipRun, zipRun } from './trainer/run-archive.ts';
export { type RecorderOptions, runRecorder } from './trainer/run-recorder.ts';
export { type RunStore } from './trainer/run-store.ts';
export { memoryStore } from './trainer/run-store-memory.ts';
export { describeRun, type RunDescription } from './trainer/run-description.ts';
export { writeReport } from './trainer/report/from-store.ts';
export { type MetricChapter, type MetricNote } from './base/metric-note.ts';
export { metricChapters, noteOfMetric } from './base/metrics.ts';
export { sftStep, type SftRun } from './trainer/sft-step.ts';
export { type StepResult } from './trainer/step-report.ts';
export { StepTables } from './trainer/step-tables.ts';
export { train, type TrainJob, type TrainOptions } from './trainer/train.ts';
export { trainStep } from './trainer/train-step.ts';
export { type Progress, type StepSettings, type TrainingRun } from './trainer/training-run.ts';

// The recipe: read, checked, explained, and built into a run.
export { buildPolicy, buildRun, type BuiltPolicy, type BuiltRun, trainOptions } from './recipe/build.ts';
export { type Field, fieldsOf, recipeJsonSchema } from './recipe/json-schema.ts';
export { planBytes, type PlannedPart } from './recipe/plan.ts';
export { type Preset, presets } from './recipe/presets.ts';
export { printedRecipe } from './recipe/print.ts';
export { type LoadedRecipe, readRecipe, type RecipeSource } from './recipe/read.ts';
export { recipeHash } from './recipe/recipe-hash.ts';
export { type Recipe, recipeFrom, type RecipeInput, recipeSchema, type RecipeValues } from './recipe/recipe.ts';
export { type BuildServices, type ModelSource } from './recipe/services.ts';
