/** What a policy says after each token of one text: whole rows of logits, to compare policies by. */

import type { Device } from '../gpu/device.ts';
import type { ModelConfig } from '../model/config.ts';
import { LanguageHead } from '../model/head.ts';
import { packGroups } from '../model/packing.ts';
import { createRopeTable, InferencePass, type PolicyWeights } from '../model/transformer.ts';
import { createDecodeRoom } from './decode-room.ts';

/**
 * Makes room for texts of `length` tokens, and returns a function from one to its logits under the weights as they then are.
 *
 * @returns [length, vocabulary]
 */
export function promptLogits(device: Device, config: ModelConfig, weights: PolicyWeights, length: number): (ids: Uint32Array) => Promise<Float32Array> {
  const { caches, prefill } = createDecodeRoom(device, config, { maxRows: 1, maxPromptTokens: length, maxTokens: 1 });
  const pass = new InferencePass(device, config, weights, createRopeTable(device, config, length), length);
  const head = new LanguageHead(device, config, weights.parameters, length, false);
  const logits = device.create('f32', [length, config.vocabSize], 'probe/logits');
  const rows = device.create('u32', [length], 'probe/rows');
  const counted = Uint32Array.from({ length }, (_, i) => i);
  device.upload(rows, counted);
  return async (ids) => {
    const packed = packGroups([{ prompt: ids, continuations: [] }]);
    device.upload(prefill.tokens, packed.tokens);
    device.upload(prefill.positions, packed.positions);
    device.upload(prefill.ranges, packed.ranges);
    device.upload(prefill.cacheRows, counted);
    pass.run({ ...prefill, count: length }, caches);
    head.logits(pass.stream, rows, length, logits);
    return Float32Array.from(await device.read(logits));
  };
}
