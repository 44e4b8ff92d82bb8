/** Fresh weights, drawn from a seed. */

import type { Random } from '../base/random.ts';
import { elementsOf } from '../gpu/tensor.ts';
import { type ModelConfig, parameterShapes } from './config.ts';

/**
 * Every parameter of a fresh model, by Hugging Face name.
 *
 *   embedding, head   N(0, embeddingStd²)
 *   matrices          N(0, 1 / fanIn); those that write to the residual stream divided by √(2 · layers)
 *   norms 1, biases 0
 */
export function initialWeights(
  config: ModelConfig,
  random: Random,
  embeddingStd: number,
): Map<string, { readonly shape: readonly number[]; readonly data: Float32Array }> {
  const weights = new Map<string, { readonly shape: readonly number[]; readonly data: Float32Array }>();
  for (const [name, shape] of parameterShapes(config)) {
    weights.set(name, { shape, data: draw(name, shape, config, random.fork(name), embeddingStd) });
  }
  return weights;
}

function draw(name: string, shape: readonly number[], { layers }: ModelConfig, random: Random, embeddingStd: number): Float32Array {
  const count = elementsOf(shape);
  if (name.endsWith('.bias')) return new Float32Array(count);
  if (shape.length === 1) return new Float32Array(count).fill(1);
  const isVocabulary = name.includes('embed_tokens') || name.startsWith('lm_head');
  const writesToStream = name.includes('o_proj') || name.includes('down_proj');
  const std = isVocabulary ? embeddingStd : Math.sqrt(1 / shape[1]! / (writesToStream ? 2 * layers : 1));
  return Float32Array.from({ length: count }, (_, i) => std * random.normal(i));
}
