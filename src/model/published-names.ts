/** Weights whose tensors are published under shorter names than the architecture's. */

import { architectureOf } from './architecture.ts';
import { checkParameters, type ModelConfig } from './config.ts';
import type { Weights } from './weights.ts';

/**
 * Holds weights against a configuration, and returns them by the architecture's names: files of the original GPT-2 leave `transformer.` out.
 *
 * @throws DataError naming the tensors that are missing, too many or of another shape
 */
export function fittedWeights(config: ModelConfig, weights: Weights): Weights {
  const fitted = withPrefix(config, weights);
  checkParameters(config, fitted.tensors, weights.name);
  return fitted;
}

function withPrefix(config: ModelConfig, weights: Weights): Weights {
  const { embedding, layers } = architectureOf(config).names;
  const prefix = layers.slice(0, layers.lastIndexOf('.') + 1);
  const isShort = weights.tensors.has(`${embedding.slice(prefix.length)}.weight`) && !weights.tensors.has(`${embedding}.weight`);
  if (config.family !== 'gpt2' || !isShort) return weights;
  const own = (name: string): string => (name.startsWith(prefix) ? name.slice(prefix.length) : name);
  return {
    name: weights.name,
    tensors: new Map([...weights.tensors].map(([name, entry]) => [name === 'lm_head.weight' ? name : `${prefix}${name}`, entry])),
    readBytes: (tensor, first, count) => weights.readBytes(own(tensor), first, count),
    read: (tensor, first, count) => weights.read(own(tensor), first, count),
  };
}
