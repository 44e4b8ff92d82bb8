/** How a recipe's `model.dtype` holds each matrix. Norms, biases and all that is trained are f32 whatever it says. */

import { BLOCK_TYPES, type BlockFormat, type WeightFormat } from '../kernels/weight-format.ts';
import { architectureOf } from './architecture.ts';
import type { ModelConfig } from './config.ts';
import type { FormatOf } from './parameter.ts';

export const WEIGHT_DTYPES = ['f32', 'f16', 'bf16', 'q8', 'q4'] as const;
export type WeightDtype = (typeof WEIGHT_DTYPES)[number];

/** Types whose numbers are no blocks yet. */
const FLOAT_TYPES = ['F32', 'F16', 'BF16'];

/**
 * Returns the format of each published matrix.
 *
 *   f32, f16, bf16   every matrix
 *   q8, q4           numbers become blocks of q8_0 or q4_0; under q4 the head, or the embedding that serves as one, q8_0 as in llama.cpp's files.
 *                    What a GGUF file has in blocks of q8_0, q4_0 or q4_1 stays as it is stored; its other blocks become f16.
 *
 * @param stored the tensors of the weights' file; none for fresh weights
 */
export function formatsOf(
  dtype: WeightDtype,
  config: Pick<ModelConfig, 'tied' | 'family'>,
  stored?: ReadonlyMap<string, { readonly dtype: string }>,
): FormatOf {
  if (dtype !== 'q8' && dtype !== 'q4') return () => dtype;
  const { names } = architectureOf(config);
  const head = `${config.tied ? names.embedding : names.head}.weight`;
  return (name): WeightFormat => {
    const type = stored?.get(name)?.dtype ?? 'F32';
    if (FLOAT_TYPES.includes(type)) return dtype === 'q8' || name === head ? 'q8_0' : 'q4_0';
    return (Object.keys(BLOCK_TYPES) as BlockFormat[]).find((format) => BLOCK_TYPES[format] === type) ?? 'f16';
  };
}
