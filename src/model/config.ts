/** The numbers that make up an architecture, and the parameters that follow from them. */

import { DataError } from '../base/errors.ts';
import { architectureOf, type ModelFamily } from './architecture.ts';

export { MODEL_FAMILIES, type ModelFamily } from './architecture.ts';

/** How Llama 3.1 and later stretch the rotary wavelengths past the length they were trained on. */
export interface Llama3RopeScaling {
  readonly kind: 'llama3';
  readonly factor: number;
  readonly lowFreqFactor: number;
  readonly highFreqFactor: number;
  readonly originalMaxPositions: number;
}

/** A decoder-only transformer with grouped-query attention. */
export interface ModelConfig {
  /** Says which norm, positions and activation: `architectureOf`. */
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
  /** Of rotary positions alone. */
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
 * Lists every published parameter in the order of the forward pass, as it is stored: matrices are [out, in], or [in, out] in families that
 * publish them so.
 *
 * A tied head has no entry of its own.
 */
export function parameterShapes(config: ModelConfig): Map<string, number[]> {
  const { width: C, vocabSize: V } = config;
  const { names, norm, positions } = architectureOf(config);
  const shapes = new Map<string, number[]>([[`${names.embedding}.weight`, [V, C]]]);
  if (positions === 'learned') shapes.set(`${names.positions}.weight`, [config.maxPositions, C]);
  for (let layer = 0; layer < config.layers; layer++) {
    for (const [name, shape] of blockShapes(config)) shapes.set(`${names.layers}.${layer}.${name}`, shape);
  }
  shapes.set(`${names.finalNorm}.weight`, [C]);
  if (norm === 'layer') shapes.set(`${names.finalNorm}.bias`, [C]);
  if (!config.tied) shapes.set(`${names.head}.weight`, [V, C]);
  return shapes;
}

type NamedShape = readonly [name: string, shape: number[]];

function blockShapes(config: ModelConfig): readonly NamedShape[] {
  const { width: C, headDim: D, ffWidth: F } = config;
  const { names, norm, biases, transposed } = architectureOf(config);
  const [queries, keys] = [config.heads * D, config.kvHeads * D];
  const matrices = (stems: readonly string[], outputs: readonly number[], inputs: number, hasBias: boolean): NamedShape[] => [
    ...stems.map((stem, i): NamedShape => [`${stem}.weight`, transposed ? [inputs, outputs[i]!] : [outputs[i]!, inputs]]),
    ...(hasBias ? stems.map((stem, i): NamedShape => [`${stem}.bias`, [outputs[i]!]]) : []),
  ];
  const norms = (stem: string): NamedShape[] => (norm === 'layer' ? ['weight', 'bias'] : ['weight']).map((part) => [`${stem}.${part}`, [C]]);
  const headNorms: NamedShape[] = [
    [`${names.queryNorm}.weight`, [D]],
    [`${names.keyNorm}.weight`, [D]],
  ];
  return [
    ...norms(names.inputNorm),
    ...matrices(names.qkv, names.qkv.length === 1 ? [queries + 2 * keys] : [queries, keys, keys], C, config.qkvBias),
    ...(config.qkNorm ? headNorms : []),
    ...matrices([names.attentionOut], [C], queries, biases),
    ...norms(names.feedForwardNorm),
    ...matrices(names.gateUp, [F, F], C, biases),
    ...matrices([names.down], [C], F, biases),
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
 * A tensor nobody asks for is an error too: a bias left out would load and then compute another model. Some are harmless and
 * let through: the second copy of a tied head, and the rotary frequencies or causal masks that old files carry.
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
  const masks = config.family === 'gpt2' ? /\.attn\.(masked_)?bias$/ : /\.rotary_emb\.inv_freq$/;
  const harmless = (name: string): boolean => name === 'lm_head.weight' || masks.test(name);
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
