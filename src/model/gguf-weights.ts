/** A GGUF file's tensors under their Hugging Face names, in their Hugging Face order, as float32. */

import { DataError } from '../base/errors.ts';
import { checkParameters, type ModelConfig } from './config.ts';
import { type GgufFile, openGguf } from './gguf.ts';
import { dequantise } from './gguf-blocks.ts';
import { ggufConfig } from './gguf-config.ts';
import { ggufTypeNamed, READABLE_TYPES, type GgufType } from './gguf-types.ts';
import { huggingFaceName, rowsInterleaved } from './gguf-names.ts';
import type { ByteSource, TensorEntry } from './safetensors.ts';
import type { Weights } from './weights.ts';

export interface GgufModel {
  readonly config: ModelConfig;
  readonly weights: Weights;
  readonly file: GgufFile;
}

/**
 * Opens a GGUF file as a model; no weight is read yet but the few numbers of its rotary frequencies.
 *
 * @throws DataError if the file is damaged, of a type that is not read, or no model that Entrain computes
 */
export async function openGgufModel(source: ByteSource): Promise<GgufModel> {
  const file = await openGguf(source);
  const frequencies = file.tensors.get('rope_freqs.weight');
  const factors = frequencies
    ? dequantise(await source.read(frequencies.offset, frequencies.sizeBytes), frequencies.dtype, `${source.name}: rope_freqs.weight`)
    : null;
  const config = ggufConfig(file, factors);
  const weights = ggufWeights(file, config);
  checkParameters(config, weights.tensors, source.name);
  for (const [name, { dtype }] of weights.tensors) readableType(dtype, `${source.name}: ${name}`);
  return { config, weights, file };
}

/** The tensors by their Hugging Face names; those that the configuration stands for are left out. */
export function ggufWeights({ source, tensors: stored }: GgufFile, config: ModelConfig): Weights {
  const tensors = byHuggingFaceName(stored, source.name);
  const find = (tensor: string) => {
    const entry = tensors.get(tensor);
    if (!entry) throw new DataError(`${source.name}: expected a tensor ${tensor}, got none of that name. Check that the weights fit the configuration.`);
    const type = readableType(entry.dtype, `${source.name}: ${tensor}`);
    const items = entry.shape.reduce((product, size) => product * size, 1);
    return { entry, type, items, heads: rowsInterleaved(tensor, config) };
  };
  const readBytes: Weights['readBytes'] = async (tensor, first = 0, count) => {
    const { entry, type, items, heads } = find(tensor);
    const wanted = count ?? items - first;
    checkPart(`${source.name}: ${tensor}`, first, wanted, items, type.block);
    return heads === null ? readBlocks(source, entry, type, first, wanted) : readHeads(source, entry, type, first, wanted, heads);
  };
  return {
    name: source.name,
    tensors,
    readBytes,
    async read(tensor, first = 0, count) {
      const { entry, type, items } = find(tensor);
      const wanted = count ?? items - first;
      checkPart(`${source.name}: ${tensor}`, first, wanted, items, 1);
      const from = Math.floor(first / type.block) * type.block;
      const to = Math.ceil((first + wanted) / type.block) * type.block;
      const values = dequantise(await readBytes(tensor, from, to - from), entry.dtype, `${source.name}: ${tensor}`);
      return from === first && values.length === wanted ? values : values.slice(first - from, first - from + wanted);
    },
  };
}

function readableType(dtype: string, subject: string): GgufType {
  const type = ggufTypeNamed(dtype);
  if (type?.isReadable) return type;
  throw new DataError(`${subject}: expected one of ${READABLE_TYPES.join(', ')}, got ${dtype}. Choose another file of the model.`);
}

function byHuggingFaceName(stored: GgufFile['tensors'], file: string): ReadonlyMap<string, TensorEntry> {
  const tensors = new Map<string, TensorEntry>();
  for (const [own, entry] of stored) {
    if (own === 'rope_freqs.weight') continue;
    const name = huggingFaceName(own);
    if (tensors.has(name)) throw new DataError(`${file}: expected one tensor that stands for ${name}, got ${own} as a second. The file is damaged.`);
    tensors.set(name, entry);
  }
  return tensors;
}

/** @param block what the part's ends must be multiples of */
function checkPart(subject: string, first: number, count: number, items: number, block: number): void {
  if (first >= 0 && count >= 0 && first + count <= items && first % block === 0 && count % block === 0) return;
  const blocks = block === 1 ? '' : ` in blocks of ${block}`;
  throw new DataError(`${subject}: expected a part of its ${items} numbers${blocks}, got [${first}, ${first + count}). Ask for less, or for whole blocks.`);
}

function readBlocks(source: ByteSource, { offset }: TensorEntry, { block, bytes }: GgufType, first: number, count: number): Promise<Uint8Array> {
  return source.read(offset + (first / block) * bytes, (count / block) * bytes);
}

/**
 * Reads rows that llama.cpp's converter interleaved, back in Hugging Face order: element i of a head turns with element i + D/2 there, with
 * its neighbour in the file. Whole heads are read, since a row's place may be anywhere in its head.
 *
 *   row h·D + s·D/2 + i  stands in the file at  h·D + 2i + s,   s = 0, 1
 */
async function readHeads(source: ByteSource, entry: TensorEntry, type: GgufType, first: number, count: number, headRows: number): Promise<Uint8Array> {
  const [rows = 0, ...rest] = entry.shape;
  const rowItems = rest.reduce((product, size) => product * size, 1);
  const rowBytes = (rowItems / type.block) * type.bytes;
  const [firstHead, endHead] = [Math.floor(first / rowItems / headRows), Math.ceil((first + count) / rowItems / headRows)];
  const base = firstHead * headRows;
  const stored = await readBlocks(source, entry, type, base * rowItems, (Math.min(endHead * headRows, rows) - base) * rowItems);
  const ordered = new Uint8Array(stored.length);
  const half = headRows / 2;
  for (let row = 0; row * rowBytes < stored.length; row++) {
    const inHead = row % headRows;
    const from = row - inHead + 2 * (inHead % half) + Math.floor(inHead / half);
    ordered.set(stored.subarray(from * rowBytes, (from + 1) * rowBytes), row * rowBytes);
  }
  const start = ((first - base * rowItems) / type.block) * type.bytes;
  return ordered.slice(start, start + (count / type.block) * type.bytes);
}
