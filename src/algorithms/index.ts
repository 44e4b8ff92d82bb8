/** Every algorithm by name: the one place a variant is listed. */

import type { Algorithm } from './algorithm.ts';
import { grpo } from './grpo.ts';
import { type AlgorithmOptions, GRPO_OPTIONS } from './options.ts';

/** Builds an algorithm; what is not given is as in GRPO. */
export function createAlgorithm(options: Partial<AlgorithmOptions> = {}): Algorithm {
  return grpo({ ...GRPO_OPTIONS, ...options });
}
