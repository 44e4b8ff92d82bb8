/** A model as safetensors in Hugging Face's layout: one file, or several with an index where it is large. */

import { DataError } from '../base/errors.ts';
import { elementsOf } from '../gpu/tensor.ts';
import { type ModelConfig, parameterShapes } from './config.ts';
import { type FloatType, narrow } from './narrow.ts';
import type { PublishedTensor } from './parameters.ts';
import { safetensorsHeader } from './safetensors.ts';

/** One file to be written: its name, and the tensors in it, in the order of their bytes. */
export interface Shard {
  readonly file: string;
  readonly tensors: ReadonlyMap<string, readonly number[]>;
}

const bytesOf = (shape: readonly number[], type: FloatType): number => elementsOf(shape) * (type === 'F32' ? 4 : 2);

/** How the model is spread: files of at most `maxBytes`, though a tensor is never cut. */
export function planShards(config: ModelConfig, type: FloatType, maxBytes: number): readonly Shard[] {
  const groups: Map<string, readonly number[]>[] = [];
  let bytes = Infinity;
  for (const [name, shape] of parameterShapes(config)) {
    const size = bytesOf(shape, type);
    if (bytes + size > maxBytes) {
      groups.push(new Map());
      bytes = 0;
    }
    groups.at(-1)!.set(name, shape);
    bytes += size;
  }
  if (groups.length === 1) return [{ file: 'model.safetensors', tensors: groups[0]! }];
  const digits = (value: number): string => String(value).padStart(5, '0');
  return groups.map((tensors, i) => ({ file: `model-${digits(i + 1)}-of-${digits(groups.length)}.safetensors`, tensors }));
}

/** `model.safetensors.index.json` of several files, as text; null for one. */
export function describeShards(shards: readonly Shard[], type: FloatType): string | null {
  if (shards.length === 1) return null;
  const placed = shards.flatMap(({ file, tensors }) => [...tensors].map(([name, shape]) => ({ name, file, bytes: bytesOf(shape, type) })));
  const index = {
    metadata: { total_size: placed.reduce((sum, { bytes }) => sum + bytes, 0) },
    weight_map: Object.fromEntries(placed.map(({ name, file }) => [name, file])),
  };
  return `${JSON.stringify(index, null, 2)}\n`;
}

/**
 * Encodes one file, piece by piece.
 *
 * @param tensors goes on where the file before ended: every parameter of the shards, in their order
 * @throws DataError if a tensor is missing, out of order or does not fit its type
 */
export async function* encodeShard({ file, tensors: planned }: Shard, tensors: AsyncIterator<PublishedTensor>, type: FloatType): AsyncGenerator<Uint8Array> {
  yield safetensorsHeader(planned, type, { format: 'pt' });
  for (const name of planned.keys()) {
    const { value, done } = await tensors.next();
    const got = done === true ? undefined : value;
    if (got?.name !== name) throw new DataError(`export: expected ${name} next in ${file}, got ${got?.name ?? 'no more tensors'}.`);
    yield narrow(got.data, type, name);
  }
}
