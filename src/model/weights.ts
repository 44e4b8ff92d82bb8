/** A model's weights by name, whether they lie in one file or in several. */

import { DataError } from '../base/errors.ts';
import { openSafetensors, type ByteSource, type SafetensorsFile, type TensorEntry } from './safetensors.ts';
import { widen } from './widen.ts';

/** Published tensors by name, read one at a time. */
export interface Weights {
  /** How errors call the whole. */
  readonly name: string;
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** The stored bytes of a tensor, or of its items [first, first + count). */
  readBytes(tensor: string, first?: number, count?: number): Promise<Uint8Array>;
  /** The same as float32; F32, F16 and BF16 are understood. */
  read(tensor: string, first?: number, count?: number): Promise<Float32Array>;
}

/** The weights of one file. */
export async function openWeights(source: ByteSource): Promise<Weights> {
  const file = await openSafetensors(source);
  return weightsOf(source.name, new Map([...file.tensors.keys()].map((name) => [name, file])));
}

/**
 * The weights that an index spreads over several files.
 *
 * @param index parsed `model.safetensors.index.json`
 * @param open opens one of the files it names, a plain name without folders
 * @throws DataError if the index is malformed, or a file lacks a tensor the index puts there
 */
export async function openShardedWeights(name: string, index: unknown, open: (file: string) => Promise<ByteSource>): Promise<Weights> {
  const places = readIndex(name, index);
  const files = new Map<string, SafetensorsFile>();
  for (const file of new Set(places.values())) files.set(file, await openSafetensors(await open(file)));

  const fileOf = new Map<string, SafetensorsFile>();
  for (const [tensor, place] of places) {
    const file = files.get(place);
    if (!file?.tensors.has(tensor)) {
      throw new DataError(`${name}: expected ${tensor} in ${place}, got a file without it. The files belong to different models; download them again.`);
    }
    fileOf.set(tensor, file);
  }
  return weightsOf(name, fileOf);
}

function readIndex(name: string, index: unknown): Map<string, string> {
  const map: unknown = typeof index === 'object' && index !== null && 'weight_map' in index ? index.weight_map : undefined;
  if (typeof map !== 'object' || map === null) throw new DataError(`${name}: expected a weight_map, got none. The file is damaged.`);
  const places = new Map<string, string>();
  for (const [tensor, file] of Object.entries(map)) {
    if (typeof file !== 'string' || !/^[\w-][\w.-]*$/.test(file)) {
      throw new DataError(`${name}: expected a file name for ${tensor}, got ${JSON.stringify(file)}. The file is damaged.`);
    }
    places.set(tensor, file);
  }
  return places;
}

function weightsOf(name: string, fileOf: ReadonlyMap<string, SafetensorsFile>): Weights {
  const tensors = new Map<string, TensorEntry>();
  for (const [tensor, file] of fileOf) {
    const entry = file.tensors.get(tensor);
    if (entry) tensors.set(tensor, entry);
  }
  const readBytes = (tensor: string, first?: number, count?: number): Promise<Uint8Array> => {
    const file = fileOf.get(tensor);
    const entry = tensors.get(tensor);
    if (!file || !entry) throw new DataError(`${name}: expected a tensor ${tensor}, got none of that name. Check that the weights fit config.json.`);
    return readItems(file.source, entry, tensor, first, count);
  };
  return {
    name,
    tensors,
    readBytes,
    async read(tensor, first, count) {
      const bytes = await readBytes(tensor, first, count);
      return widen(bytes, tensors.get(tensor)?.dtype ?? '', `${name}: ${tensor}`);
    },
  };
}

function readItems(source: ByteSource, entry: TensorEntry, tensor: string, first = 0, count?: number): Promise<Uint8Array> {
  const items = entry.shape.reduce((product, size) => product * size, 1);
  const wanted = count ?? items - first;
  if (first < 0 || wanted < 0 || first + wanted > items) {
    throw new DataError(`${source.name}: ${tensor}: expected a part of its ${items} numbers, got [${first}, ${first + wanted}). Ask for less.`);
  }
  const itemBytes = items === 0 ? 0 : entry.sizeBytes / items;
  return source.read(entry.offset + first * itemBytes, wanted * itemBytes);
}
