/** How much is held on the device at once: follows from the recipe, the model and the adapter, and changes no result. */

import { countsPadding } from '../algorithms/compat.ts';
import { RecipeError } from '../base/errors.ts';
import type { DeviceTraits } from '../gpu/traits.ts';
import { attentionLayout } from '../model/activations.ts';
import type { ModelConfig } from '../model/config.ts';
import type { SamplerLimits } from '../rollout/decode-room.ts';
import type { Recipe } from './recipe.ts';

export interface RunLimits {
  /** Tokens of the largest micro-batch. */
  readonly microTokens: number;
  readonly maxPositions: number;
  /** Rows of a mini-batch's tables, and tokens of a row. */
  readonly updateRows: number;
  readonly tableLength: number;
  readonly sampler: SamplerLimits;
}

/** What `batch.micro_tokens: auto` does not exceed: activations of a few hundred MB for a small model. */
const AUTO_MICRO_TOKENS = 8192;
const MOST_ROWS = 512;

/** What the limits need to know of the prompts. */
export interface PromptSizes {
  /** Tokens. */
  readonly longest: number;
  /** Prompts that are measured on; null where none are. */
  readonly evaluation: { readonly prompts: { readonly length: number } } | null;
}

export function limitsOf(recipe: Recipe, config: ModelConfig, { longest: longestPrompt, evaluation: measured }: PromptSizes, traits: DeviceTraits): RunLimits {
  const { rollout, batch, eval: evaluation } = recipe;
  const maxTokens = Math.max(rollout.maxTokens, evaluation.maxTokens ?? 0);
  // Padding to the longest completion is followed by one token more.
  const past = countsPadding(recipe.algorithm.compat) ? 1 : 0;
  const tableLength = rollout.maxTokens + past;
  const longest = longestPrompt + maxTokens + past;
  const isSft = recipe.method === 'sft';
  const updatePrompts = batch.updatePrompts ?? batch.prompts;
  const updateRows = isSft ? batch.prompts : updatePrompts * rollout.n;
  const updateTokens = updateRows * tableLength + (isSft ? batch.prompts : updatePrompts) * longestPrompt;
  const microTokens =
    batch.microTokens === 'auto' ? Math.max(longest, Math.min(updateTokens, AUTO_MICRO_TOKENS, widestBinding(config, traits))) : batch.microTokens;
  if (microTokens < longest) {
    throw new RecipeError([
      {
        path: 'batch.micro_tokens',
        message: `expected at least ${longest}, room for the longest prompt (${longestPrompt}) and completion (${maxTokens}), got ${microTokens}.`,
      },
    ]);
  }
  const trainedRows = isSft ? 0 : batch.prompts * rollout.n;
  const sampledRows = Math.max(trainedRows, measured === null ? 1 : evaluation.n * measured.prompts.length);
  const maxRows = Math.max(1, Math.min(sampledRows, MOST_ROWS, cacheRows(config, traits, longest)));
  // A group shares its prompt; one more, since the first of a wave may be what is left of a cut group.
  const smallestGroup = Math.max(
    1,
    Math.min(isSft ? Number.POSITIVE_INFINITY : rollout.n, measured === null ? Number.POSITIVE_INFINITY : evaluation.n, maxRows),
  );
  const promptTokens = (Math.ceil(maxRows / smallestGroup) + 1) * longestPrompt;
  return {
    microTokens,
    maxPositions: longest,
    updateRows,
    tableLength,
    sampler: { maxRows, maxPromptTokens: Math.max(longestPrompt, Math.min(promptTokens, AUTO_MICRO_TOKENS)), maxTokens },
  };
}

/** Tokens whose widest activation fits one binding. */
function widestBinding(config: ModelConfig, { maxBindingBytes }: DeviceTraits): number {
  const widest = Math.max(2 * config.ffWidth, attentionLayout(config).row, config.width, 512);
  return Math.floor(maxBindingBytes / (4 * widest));
}

/** Sequences whose keys and values fit one binding a layer. */
function cacheRows(config: ModelConfig, { maxBindingBytes }: DeviceTraits, longest: number): number {
  return Math.floor(maxBindingBytes / (4 * 2 * attentionLayout(config).keyValue * longest));
}
