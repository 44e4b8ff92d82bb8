/** The numbers that make up an architecture, and the parameters that follow from them. */

import { DataError } from '../base/errors.ts';

export const MODEL_FAMILIES = ['llama', 'mistral', 'qwen2', 'qwen3'] as const;

/** The families of decoders that can be loaded and trained. */
export type ModelFamily = (typeof MODEL_FAMILIES)[number];

/** How Llama 3.1 and later stretch the rotary wavelengths past the length they were trained on. */
export interface Llama3RopeScaling {
  readonly kind: 'llama3';
  readonly factor: number;
  readonly lowFreqFactor: number;
  readonly highFreqFactor: number;
  readonly originalMaxPositions: number;
}

/** A decoder-only transformer with RMS norm, rotary positions, grouped-query attention and SwiGLU. */
export interface ModelConfig {
  readonly family: ModelFamily;
  readonly layers: number;
  /** Channels of the residual stream (`hidden_size`). */
  readonly width: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly ffWidth: number;
  readonly vocabSize: number;
  readonly normEps: number;
  readonly ropeTheta: number;
  readonly ropeScaling: null | Llama3RopeScaling;
  /** The embedding serves as the head too. */
  readonly tied: boolean;
  readonly qkvBias: boolean;
  /** Queries and keys are RMS-normalised head by head before they are rotated. */
  readonly qkNorm: boolean;
  /** A query sees itself and the `slidingWindow − 1` positions before it; null sees them all. */
  readonly slidingWindow: number | null;
  readonly maxPositions: number;
  readonly bosId: number | null;
  /** Every token that ends a completion. */
  readonly eosIds: readonly number[];
  readonly padId: number | null;
}

/**
 * Lists every stored parameter in the order of the forward pass; matrices are [out, in].
 *
 * A tied head has no entry of its own.
 */
export function parameterShapes(config: ModelConfig): Map<string, number[]> {
  const { width: C, vocabSize: V } = config;
  const shapes = new Map<string, number[]>([['model.embed_tokens.weight', [V, C]]]);
  for (let layer = 0; layer < config.layers; layer++) {
    for (const [name, shape] of blockShapes(config)) shapes.set(`model.layers.${layer}.${name}`, shape);
  }
  shapes.set('model.norm.weight', [C]);
  if (!config.tied) shapes.set('lm_head.weight', [V, C]);
  return shapes;
}

function blockShapes(config: ModelConfig): readonly (readonly [string, number[]])[] {
  const { width: C, headDim: D, ffWidth: F } = config;
  const queries = config.heads * D;
  const keys = config.kvHeads * D;
  const biases: [string, number[]][] = [
    ['self_attn.q_proj.bias', [queries]],
    ['self_attn.k_proj.bias', [keys]],
    ['self_attn.v_proj.bias', [keys]],
  ];
  const norms: [string, number[]][] = [
    ['self_attn.q_norm.weight', [D]],
    ['self_attn.k_norm.weight', [D]],
  ];
  return [
    ['input_layernorm.weight', [C]],
    ['self_attn.q_proj.weight', [queries, C]],
    ['self_attn.k_proj.weight', [keys, C]],
    ['self_attn.v_proj.weight', [keys, C]],
    ...(config.qkvBias ? biases : []),
    ...(config.qkNorm ? norms : []),
    ['self_attn.o_proj.weight', [C, queries]],
    ['post_attention_layernorm.weight', [C]],
    ['mlp.gate_proj.weight', [F, C]],
    ['mlp.up_proj.weight', [F, C]],
    ['mlp.down_proj.weight', [C, F]],
  ];
}

/** How many numbers the parameters hold, a tied embedding counted once. */
export function parameterCount(config: ModelConfig): number {
  let count = 0;
  for (const shape of parameterShapes(config).values()) count += shape.reduce((product, size) => product * size, 1);
  return count;
}

/**
 * Holds a file's tensors against the parameters its configuration asks for.
 *
 * A tensor nobody asks for is an error too: a bias left out would load and then compute another model. Two are harmless and
 * let through: the second copy of a tied head, and the rotary frequencies that old files carry.
 *
 * @throws DataError naming the tensors that are missing, too many or of another shape
 */
export function checkParameters(config: ModelConfig, tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>, file: string): void {
  const shapes = parameterShapes(config);
  const missing = [...shapes.keys()].filter((name) => !tensors.has(name));
  if (missing.length > 0) {
    throw new DataError(`${file}: expected ${shapes.size} parameters, got none named ${someOf(missing)}. The weights belong to another config.json.`);
  }
  for (const [name, shape] of shapes) {
    const stored = tensors.get(name)?.shape ?? [];
    if (stored.length !== shape.length || shape.some((size, axis) => size !== stored[axis])) {
      throw new DataError(`${file}: expected ${name} [${shape.join(', ')}], got [${stored.join(', ')}]. The weights belong to another config.json.`);
    }
  }
  const harmless = (name: string): boolean => name === 'lm_head.weight' || name.endsWith('.rotary_emb.inv_freq');
  const surplus = [...tensors.keys()].filter((name) => !shapes.has(name) && !harmless(name));
  if (surplus.length > 0) {
    throw new DataError(
      `${file}: expected only the parameters of ${config.family}, got also ${someOf(surplus)}. The model has parts that Entrain does not compute.`,
    );
  }
}

function someOf(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(', ');
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}
