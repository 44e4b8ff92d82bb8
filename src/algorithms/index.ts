/** From options to an algorithm. */

import type { Algorithm } from './algorithm.ts';
import { grpo } from './grpo.ts';
import { type MethodOptions, methodsOf } from './methods.ts';
import { type AlgorithmOptions, GRPO_OPTIONS } from './options.ts';

export { methodBlocks } from './methods.ts';

/** Builds an algorithm: GRPO with the slots and the methods given. What is not given is as in GRPO. */
export function createAlgorithm(options: Partial<AlgorithmOptions> & MethodOptions = {}): Algorithm {
  const base = { ...GRPO_OPTIONS, ...options };
  return grpo(base, methodsOf(base, options));
}
