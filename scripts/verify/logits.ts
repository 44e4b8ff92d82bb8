/** Logits of every token, as fixtures hold them. */

import { type Device, tensorOf } from '../../src/gpu/device.ts';
import type { Tensor } from '../../src/gpu/tensor.ts';
import type { ModelConfig } from '../../src/model/config.ts';
import { LanguageHead } from '../../src/model/head.ts';
import type { Parameters } from '../../src/model/parameters.ts';

/**
 * Returns what the head says of each row that leaves the last block.
 *
 * @param stream [count, C]
 * @returns      [count, V]
 */
export async function logitsOf(device: Device, config: ModelConfig, parameters: Parameters, stream: Tensor, count: number): Promise<Float32Array> {
  const rows = Uint32Array.from({ length: count }, (_, i) => i);
  const logits = device.create('f32', [count, config.vocabSize], 'verify/logits');
  new LanguageHead(device, config, parameters, count, false).logits(stream, tensorOf(device, 'u32', [count], rows, 'verify/rows'), count, logits);
  return Float32Array.from(await device.read(logits));
}
