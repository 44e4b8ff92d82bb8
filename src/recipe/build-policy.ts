/** From a recipe to a policy: its shape, its weights on the device, its tokenizer. */

import { DataError, RecipeError } from '../base/errors.ts';
import { Random } from '../base/random.ts';
import type { Device } from '../gpu/device.ts';
import { type ModelConfig } from '../model/config.ts';
import { initialWeights } from '../model/initialise.ts';
import { ALL_LINEAR, createLora, initialiseLora, type LoraAdapter, type LoraOptions } from '../model/lora.ts';
import { type FormatOf, loadParameters, type Parameters } from '../model/parameters.ts';
import { checkAdapter } from '../model/peft.ts';
import { formatsOf } from '../model/weight-dtype.ts';
import { openWeights, type Weights } from '../model/weights.ts';
import { encodeSafetensors } from '../model/safetensors.ts';
import { describeConfig } from '../model/write-config.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { type CompletionEnds, withEnds } from './completion-ends.ts';
import type { Recipe } from './recipe.ts';
import type { AdapterSource, BuildServices } from './services.ts';

/** Where the built-in task's tokenizer comes from when a recipe names none. */
const TASK_TOKENIZER = 'models/make-the-number';

export interface Policy extends CompletionEnds {
  readonly tokenizer: Tokenizer;
  /** Files that make a checkpoint a model other tools load. */
  readonly sideFiles: ReadonlyMap<string, Uint8Array>;
  /** The adapter that `model.path` named, if it named one. */
  readonly adapter: AdapterSource | null;
  /** How the device holds its matrices: `model.dtype`. */
  readonly formatOf: FormatOf;
  /** Fills parameters with the weights of step 0. */
  load(parameters: Parameters): Promise<void>;
}

/** @throws RecipeError, DataError if model and tokenizer cannot be opened or do not fit */
export async function openPolicy(recipe: Recipe, services: BuildServices): Promise<Policy> {
  const policy = await openNamed(recipe, services);
  return services.skipWeights ? { ...policy, load: () => Promise.resolve() } : policy;
}

async function openNamed(recipe: Recipe, services: BuildServices): Promise<Policy> {
  const { path, init, tokenizer: folder, dtype } = recipe.model;
  const revision = recipe.model.revision ?? undefined;
  if (path !== null) {
    const { config, weights, sideFiles, adapter = null } = await services.openModel(path, revision);
    const { tokenizer, sideFiles: tokenizerFiles } = await services.openTokenizer(folder ?? path, folder === null ? revision : undefined);
    checkVocabulary(config, tokenizer, path);
    return {
      ...withEnds(config, tokenizer),
      tokenizer,
      adapter,
      sideFiles: new Map([...sideFiles, ...tokenizerFiles]),
      formatOf: formatsOf(dtype, config, weights.tensors),
      load: (parameters) => loadParameters(services.device, parameters, weights),
    };
  }
  const { tokenizer, sideFiles } = await services.openTokenizer(folder ?? TASK_TOKENIZER);
  const config = freshConfig(recipe, init!, tokenizer);
  const described = [...describeConfig(config)].map(([name, text]) => [name, new TextEncoder().encode(text)] as const);
  return {
    ...withEnds(config, tokenizer),
    tokenizer,
    adapter: null,
    sideFiles: new Map([...described, ...sideFiles]),
    formatOf: formatsOf(dtype, config),
    load: async (parameters) => loadParameters(services.device, parameters, await freshWeights(config, recipe, init!.embeddingStd)),
  };
}

/** The policy's adapter on the device: the one that `model.path` named, or a fresh one from the seed; null where the whole model is trained. */
export async function openAdapter(
  { lora, seed }: Recipe,
  { adapter: source }: Policy,
  { device, skipWeights }: BuildServices,
  parameters: Parameters,
): Promise<LoraAdapter | null> {
  if (!source && lora === null) return null;
  const adapter = source ? createLora(device, parameters, goneOnWith(source, lora)) : freshAdapter(device, parameters, lora!);
  if (skipWeights) return adapter;
  if (source) {
    checkAdapter(adapter, source.weights, source.base);
    await loadParameters(device, adapter, source.weights);
  } else initialiseLora(device, adapter, Random.seeded(seed).fork('adapter'));
  return adapter;
}

/** A file's adapter as it is; a lora block says of it how it is trained. */
function goneOnWith({ options }: AdapterSource, lora: Recipe['lora']): LoraOptions {
  return lora === null ? options : { ...options, dropout: lora.dropout };
}

function freshAdapter(device: Device, parameters: Parameters, lora: NonNullable<Recipe['lora']>): LoraAdapter {
  try {
    return createLora(device, parameters, freshOptions(lora));
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    throw new RecipeError([{ path: 'lora.target_modules', message: error.message.replace(/^lora: /, '') }], { cause: error });
  }
}

function freshOptions({ rank, alpha, rslora, dropout, targetModules }: NonNullable<Recipe['lora']>): LoraOptions {
  return { rank, alpha, rslora, dropout, targets: targetModules === 'all-linear' ? ALL_LINEAR : targetModules };
}

function freshConfig({ rollout }: Recipe, init: NonNullable<Recipe['model']['init']>, tokenizer: Tokenizer): ModelConfig {
  const eos = tokenizer.idOf('<eos>') ?? tokenizer.idOf('</s>') ?? tokenizer.idOf('<|endoftext|>');
  if (eos === undefined)
    throw new RecipeError([
      {
        path: 'model.tokenizer',
        message: 'expected a tokenizer with <eos>, </s> or <|endoftext|>, got one without. A fresh model needs to know how a completion ends.',
      },
    ]);
  return {
    family: 'llama',
    layers: init.layers,
    width: init.width,
    heads: init.heads,
    kvHeads: init.kvHeads ?? init.heads,
    headDim: init.width / init.heads,
    ffWidth: init.ffWidth,
    vocabSize: tokenizer.vocabSize,
    normEps: init.normEps,
    ropeTheta: init.ropeTheta,
    ropeScaling: null,
    tied: init.tieEmbeddings,
    qkvBias: false,
    qkNorm: false,
    slidingWindow: null,
    maxPositions: Math.max(64, 2 * rollout.maxTokens),
    bosId: tokenizer.idOf('<bos>') ?? tokenizer.idOf('<s>') ?? null,
    eosIds: [eos],
    padId: tokenizer.idOf('<pad>') ?? null,
  };
}

async function freshWeights(config: ModelConfig, { seed }: Recipe, embeddingStd: number): Promise<Weights> {
  const bytes = [...encodeSafetensors(initialWeights(config, Random.seeded(seed).fork('initial-weights'), embeddingStd))];
  const file = new Blob(bytes.map((chunk) => chunk.slice().buffer));
  const read = async (offset: number, length: number) => new Uint8Array(await file.slice(offset, offset + length).arrayBuffer());
  return openWeights({ name: 'fresh weights', size: file.size, read });
}

function checkVocabulary(config: ModelConfig, tokenizer: Tokenizer, path: string): void {
  if (tokenizer.vocabSize > config.vocabSize) {
    throw new DataError(
      `${path}: expected a tokenizer of at most ${config.vocabSize} tokens, as the model has embeddings for, got ${tokenizer.vocabSize}. Tokenizer and weights belong to different models.`,
    );
  }
}
