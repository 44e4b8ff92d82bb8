/** From a recipe to a run: the only code that reads one. */

import type { Algorithm } from '../algorithms/algorithm.ts';
import { createAlgorithm } from '../algorithms/index.ts';
import { entropyControlsOf } from '../algorithms/regime-lint.ts';
import { RecipeError } from '../base/errors.ts';
import { Random } from '../base/random.ts';
import { promptOrder } from '../data/prompt.ts';
import { Learner } from '../engines/learner.ts';
import { createScorer, type Scorer } from '../engines/scorer.ts';
import { parameterCount } from '../model/config.ts';
import { createParameters, type Parameters } from '../model/parameters.ts';
import type { LoraAdapter } from '../model/lora.ts';
import { describeAdapter } from '../model/peft.ts';
import { baseWeights, createRopeTable, type PolicyWeights, Transformer } from '../model/transformer.ts';
import { AdamW } from '../optim/adamw.ts';
import type { Schedule } from '../optim/schedule.ts';
import { isUnfiltered, type SamplingOptions } from '../rollout/rollout.ts';
import { PolicySampler } from '../rollout/sampler.ts';
import { evaluate } from '../trainer/evaluate.ts';
import { sftStep } from '../trainer/sft-step.ts';
import { StepTables } from '../trainer/step-tables.ts';
import { trainStep } from '../trainer/train-step.ts';
import type { TrainJob, TrainOptions } from '../trainer/train.ts';
import type { Progress, TrainingRun } from '../trainer/training-run.ts';
import { evaluationSets, exampleSource, openPrompts, openRewards, type Prompts, samplingOf } from './build-data.ts';
import { openAdapter, openPolicy, type Policy } from './build-policy.ts';
import { promptEncoder, promptWarnings } from './encode-prompts.ts';
import { limitsOf, type RunLimits } from './limits.ts';
import { entropyNotes } from './regime.ts';
import type { Recipe } from './recipe.ts';
import type { BuildServices } from './services.ts';

/** The parts of a policy at work: what `eval` and `sample` need. */
export interface BuiltPolicy {
  readonly policy: Policy;
  readonly prompts: Prompts;
  readonly parameters: Parameters;
  readonly adapter: LoraAdapter | null;
  readonly sampler: PolicySampler;
  readonly scorer: Scorer;
  readonly sampling: SamplingOptions;
  readonly encode: ReturnType<typeof promptEncoder>;
  readonly limits: RunLimits;
}

/** Opens everything a recipe names, and puts the policy on the device. */
export async function buildPolicy(recipe: Recipe, services: BuildServices): Promise<BuiltPolicy & { readonly model: Transformer | null }> {
  return assemble(recipe, services, false);
}

async function assemble(recipe: Recipe, services: BuildServices, isTrained: boolean): Promise<BuiltPolicy & { readonly model: Transformer | null }> {
  const { device } = services;
  const policy = await openPolicy(recipe, services);
  const { config, tokenizer } = policy;
  const encode = promptEncoder(recipe, tokenizer);
  const prompts = await openPrompts(recipe, services, encode);
  const scorer = createScorer(await openRewards(recipe, services), (tokens) => tokenizer.decode(tokens));
  const sampling = samplingOf(recipe, config.eosIds, tokenizer);
  const limits = limitsOf(recipe, config, prompts, device.traits);
  if (isTrained) checkTrainable(recipe, policy);
  const parameters = createParameters(device, config, 'weights', policy.formatOf);
  await policy.load(parameters);
  const adapter = await openAdapter(recipe, policy, services, parameters);
  const room = {
    maxPositions: limits.maxPositions,
    maxTokens: limits.microTokens,
    maxPredictions: limits.microTokens,
    recompute: recipe.model.gradientCheckpointing,
  };
  const model = isTrained ? new Transformer(device, config, parameters, room, adapter) : null;
  const table = model?.ropeTable ?? createRopeTable(device, config, limits.maxPositions);
  const sampler = new PolicySampler(device, config, { parameters, adapter }, table, limits.sampler);
  return { policy, prompts, parameters, adapter, model, sampler, scorer, sampling, encode, limits };
}

/** What is trained is f32: the whole model, or an adapter on frozen weights of any type. */
function checkTrainable({ model: { dtype }, lora }: Recipe, { adapter }: Policy): void {
  if (dtype === 'f32' || lora !== null || adapter !== null) return;
  const message = `expected f32, as the whole model is trained, got ${dtype}. Add a lora block to train an adapter on frozen ${dtype} weights, or leave model.dtype at f32.`;
  throw new RecipeError([{ path: 'model.dtype', message }]);
}

/** A filter goes by the total reward, or by one of those that there are. */
function checkFilter({ algorithm: { filterGroups } }: Recipe, { weights }: Scorer): void {
  const { enable, metric } = filterGroups;
  if (!enable || metric === null || weights === undefined || weights.has(metric)) return;
  const message = `expected the name of a reward (${[...weights.keys()].join(', ')}), got ${metric}. Leave it out to filter by the total.`;
  throw new RecipeError([{ path: 'algorithm.filter_groups.metric', message }]);
}

/** A run ready to be trained. */
export interface BuiltRun extends TrainJob {
  /** Completions decoded together at most. */
  readonly sampledRows: number;
  /** Worth a look before it starts. */
  readonly warnings: readonly string[];
  /** Its parts, for those who look into a policy while it learns; null in supervised training. */
  readonly run: TrainingRun | null;
}

/** Builds everything a recipe names, ready to be trained. */
export async function buildRun(recipe: Recipe, services: BuildServices, deviceName: string): Promise<BuiltRun> {
  const built = await assemble(recipe, services, true);
  const { policy, sampler, scorer, sampling, encode, prompts, limits } = built;
  const model = built.model!;
  const { device } = services;
  const described = createAlgorithm(recipe.algorithm);
  const algorithm = services.variant?.(described) ?? described;
  const optimizer = createOptimizer(recipe, model);
  const isSft = recipe.method === 'sft';
  if (!isSft) checkFilter(recipe, scorer);
  const wantsReference = !isSft && (algorithm.usesReference || recipe.ref.measureKl);
  const reference = wantsReference ? await openReference(recipe, built, services) : null;
  const learner = new Learner(model, optimizer, reference, {
    maxRows: limits.updateRows,
    maxLength: limits.tableLength,
    microTokens: limits.microTokens,
  });
  const progress: Progress = { step: 0, updates: 0, cursor: 0, tokens: 0 };
  const random = Random.seeded(recipe.seed);
  const evaluations = evaluationSets(recipe, prompts.evaluation, sampling);
  const shared = { learner, progress, random };

  const run: TrainingRun | null = isSft
    ? null
    : {
        ...shared,
        sampler,
        scorer,
        algorithm,
        encode,
        evaluations,
        prompts: promptOrder(prompts.train, { seed: recipe.seed, shuffle: recipe.data.shuffle }),
        settings: stepSettings(recipe, sampling),
        tables: new StepTables(device, limits.updateRows, recipe.rollout.maxTokens, algorithm.needs),
        thinkEndId: policy.tokenizer.idOf('</think>') ?? null,
      };
  const takeStep = run ? grpoSteps(run) : sftSteps(recipe, built, shared);
  return {
    info: {
      name: recipe.run.name ?? 'run',
      method: recipe.method,
      steps: recipe.steps,
      device: deviceName,
      parameters: parameterCount(policy.config),
      deviceBytes: device.memory.bytes,
    },
    sampledRows: limits.sampler.maxRows,
    warnings: [...promptWarnings(prompts.train, policy.tokenizer), ...lengthWarnings(recipe, built), ...adapterWarnings(recipe, built)],
    live: liveParts(recipe, built, optimizer, progress),
    run,
    takeStep,
    ...(!isSft && {
      greatestReward: scorer.greatest,
      holdsEntropy: entropyControlsOf(recipe.algorithm).length > 0,
      adviceOn: (entropy) => entropyNotes(recipe, entropy),
    }),
    async evaluate(step) {
      const results = [];
      for (const set of evaluations) results.push(await evaluate({ sampler, scorer, encode }, set, random.at(step)));
      return results;
    },
    ...(run && algorithm.editSetpoint && { editSetpoint: algorithm.editSetpoint }),
    algorithmState: () => algorithm.state(),
    restoreAlgorithm: (state: ReturnType<Algorithm['state']>) => algorithm.restore(state),
  };
}

/** The policy of step 0: without its adapter where that is fresh, with a copy of it where it is not, else a copy of the whole. */
async function openReference(recipe: Recipe, { policy, parameters, adapter }: BuiltPolicy, services: BuildServices): Promise<PolicyWeights> {
  if (policy.adapter) return { parameters, adapter: await openAdapter(recipe, policy, services, parameters) };
  if (adapter) return baseWeights(parameters);
  const copy = createParameters(services.device, policy.config, 'reference', policy.formatOf);
  await policy.load(copy);
  return baseWeights(copy);
}

/** What checkpoints hold: the whole model in Hugging Face's layout, or its adapter in PEFT's. */
function liveParts(
  recipe: Recipe,
  { policy, parameters, adapter, model }: BuiltPolicy & { readonly model: Transformer | null },
  optimizer: AdamW,
  progress: Progress,
): TrainJob['live'] {
  const { device } = model!;
  if (!adapter) return { device, parameters, weightsFile: 'model.safetensors', optimizer, progress, sideFiles: policy.sideFiles };
  const description = new TextEncoder().encode(describeAdapter(adapter, policy.adapter?.base ?? recipe.model.path));
  return {
    device,
    parameters: adapter,
    weightsFile: 'adapter_model.safetensors',
    optimizer,
    progress,
    sideFiles: new Map([['adapter_config.json', description]]),
  };
}

/** Rotations go on past what a model has seen, without an error and without sense. */
function lengthWarnings({ model }: Recipe, { policy: { config }, prompts, limits }: BuiltPolicy): string[] {
  if (model.path === null || limits.maxPositions <= config.maxPositions) return [];
  return [
    `model: a prompt of ${prompts.longest} tokens with its completion may take ${limits.maxPositions}, more than the ${config.maxPositions} that the model was made for (max_position_embeddings). Lower rollout.max_tokens, or shorten the prompts.`,
  ];
}

/** What a file's adapter brings along that no recipe says. */
function adapterWarnings({ lora }: Recipe, { adapter }: BuiltPolicy): string[] {
  const dropout = lora === null ? (adapter?.options.dropout ?? 0) : 0;
  return dropout > 0 ? [`adapter: its file says lora_dropout ${dropout}, and so it is trained; set lora={} to train it without, as is usual in RL.`] : [];
}

function grpoSteps(run: TrainingRun): TrainJob['takeStep'] {
  return (step) => trainStep(run, step);
}

function sftSteps(
  recipe: Recipe,
  { prompts, encode, policy }: BuiltPolicy,
  { learner, progress, random }: Pick<TrainingRun, 'learner' | 'progress' | 'random'>,
): TrainJob['takeStep'] {
  const { device } = learner;
  const table = (name: string) => device.create('f32', [recipe.batch.prompts, recipe.rollout.maxTokens], `tables/${name}`);
  const run = {
    learner,
    progress,
    random,
    examples: exampleSource(recipe, prompts.train, encode, policy.tokenizer, policy.endOf),
    settings: { batch: recipe.batch.prompts, maxLength: recipe.rollout.maxTokens, schedule: scheduleOf(recipe, 1) },
    slopes: { byLogProb: table('byLogProb'), byEntropy: table('byEntropy') },
  };
  return async (step) => {
    const metrics = await sftStep(run, step);
    return { step, metrics, scored: [], advantages: new Float64Array(0), nonFiniteInARow: metrics['updates/skipped'] ?? 0 };
  };
}

function createOptimizer({ optim, seed }: Recipe, model: Transformer): AdamW {
  const trained = model.trained.map((parameter) => ({ name: parameter.name, weights: parameter.weights, gradient: model.gradients.get(parameter)! }));
  const { betas, eps, weightDecay, maxGradNorm, moments } = optim;
  const random = Random.seeded(seed).fork('moments');
  return new AdamW(model.device, trained, { betas, eps, weightDecay, maxGradNorm: maxGradNorm ?? 0, moments, random });
}

function stepSettings(recipe: Recipe, sampling: SamplingOptions): TrainingRun['settings'] {
  const { batch, algorithm, ref } = recipe;
  const updatePrompts = batch.updatePrompts ?? batch.prompts;
  const updatesPerStep = (batch.prompts / updatePrompts) * batch.epochs;
  return {
    prompts: batch.prompts,
    updatePrompts,
    epochs: batch.epochs,
    sampling,
    schedule: scheduleOf(recipe, updatesPerStep),
    oldLogProbs: algorithm.oldLogProbs === 'auto' ? (isUnfiltered(sampling) ? 'sampler' : 'trainer') : algorithm.oldLogProbs,
    filterGroups: algorithm.filterGroups.enable ? algorithm.filterGroups : null,
    measureKl: ref.measureKl,
  };
}

function scheduleOf({ optim, steps }: Recipe, updatesPerStep: number): Schedule {
  return {
    kind: optim.schedule,
    lr: optim.lr,
    warmupUpdates: optim.warmupSteps * updatesPerStep,
    totalUpdates: (optim.scheduleSteps ?? steps) * updatesPerStep,
    finalShare: optim.finalLrShare,
  };
}

/** How the run is driven: from the recipe and what the command line adds. */
export function trainOptions(recipe: Recipe, run: Pick<TrainOptions, 'attempt' | 'recipeHash' | 'deviceName' | 'resume'>): TrainOptions {
  const { checkpoint, eval: evaluation } = recipe;
  return {
    steps: recipe.steps,
    evalEvery: evaluation.every,
    evalAtStart: evaluation.atStart,
    checkpoint: { every: checkpoint.every, keepLast: checkpoint.keepLast, keepEvery: checkpoint.keepEvery, keepBest: checkpoint.keepBest },
    guards: guardsOf(recipe),
    ...run,
  };
}

/** A filter or a penalty parts the sampler's log-probs from the trainer's by design: there is no gap to guard. */
function guardsOf({ guards, rollout }: Recipe): TrainOptions['guards'] {
  return isUnfiltered({ ...rollout, topK: rollout.topK ?? 0 }) ? guards : { ...guards, logProbGap: null };
}
