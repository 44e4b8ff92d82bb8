/** What `verify models` compares of GGUF files: blocks and tensors as float32, logits of each file, greedy tokens. */

import { join } from 'node:path';
import { TrainerError } from '../../src/base/errors.ts';
import type { Device } from '../../src/gpu/device.ts';
import { dequantise } from '../../src/model/gguf-blocks.ts';
import { READABLE_TYPES } from '../../src/model/gguf-types.ts';
import { openGgufModel } from '../../src/model/gguf-weights.ts';
import { openFile } from '../../src/model/weights-node.ts';
import type { Weights } from '../../src/model/weights.ts';
import { checkGeneration, checkLogits, type ModelCase } from './model-checks.ts';
import type { Tally } from './tally.ts';

export interface GgufMeta {
  /** Files of the folder, each with logits of its own. */
  readonly files: readonly string[];
  /** The file whose tensors the fixture has dequantised. */
  readonly dequant: string;
  /** The file that generates. */
  readonly gen_file: string;
}

const exact = () => 0.5; // of bit patterns: anything but equal is a miss

/** The quantities a folder of GGUF files must have compared. */
export function requiredOf({ files }: GgufMeta): string[] {
  return [...files.map((file) => `logits.${file}`), 'dequantised tensors', 'greedy tokens', 'greedy log_probs', 'stopped tokens', 'stopped lengths'];
}

export async function checkGgufFolder(
  folder: string,
  meta: GgufMeta,
  io: Weights,
  tolerances: ModelCase['tolerances'],
  device: Device,
  tally: Tally,
): Promise<void> {
  const caseOf = async (file: string): Promise<ModelCase> => {
    const { config, weights } = await openGgufModel(await openFile(join(folder, file)));
    return { folder, config, weights, io, tolerances, adapter: null };
  };
  for (const file of meta.files) await checkLogits(await caseOf(file), device, tally, `logits.${file}`);
  const { weights } = await caseOf(meta.dequant);
  for (const name of weights.tensors.keys()) {
    tally.compare('dequantised tensors', 'equal', bitsOf(await weights.read(name)), bitsOf(await io.read(`dequant.${name}`)), exact, name);
  }
  await checkGeneration(await caseOf(meta.gen_file), device, tally);
}

/** A file of blocks by type, with their numbers. */
export async function checkBlocks(io: Weights, tally: Tally): Promise<void> {
  const types = READABLE_TYPES.filter((type) => io.tensors.has(`${type.toLowerCase()}.blocks`));
  if (types.length === 0) throw new TrainerError(`${io.name}: expected tensors named <type>.blocks and <type>.values, got none.`);
  for (const type of types) {
    const values = dequantise(await io.readBytes(`${type.toLowerCase()}.blocks`), type, io.name);
    tally.compare(`blocks of ${type}`, 'equal', bitsOf(values), bitsOf(await io.read(`${type.toLowerCase()}.values`)), exact, type);
  }
}

/** Bits, so that -0 counts; any NaN stands for every other. */
function bitsOf(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length).map((bits) => ((bits & 0x7fff_ffff) > 0x7f80_0000 ? 0x7fc0_0000 : bits));
}
