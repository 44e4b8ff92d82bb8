/** A model as a GGUF file: metadata, and tensors in GGUF's names, order of rows and types. */

import { DataError } from '../base/errors.ts';
import { type ModelConfig, parameterShapes } from './config.ts';
import { ggufName, rowsInterleaved } from './gguf-names.ts';
import { packRows } from './gguf-quantise.ts';
import { ropeFactors } from './gguf-rope.ts';
import { type GgufField, ggufHeader, type GgufTensorPlan, paddingAfter } from './gguf-writer.ts';

export type GgufStorage = 'f32' | 'f16' | 'q8_0';

/** What `general.file_type` calls them. */
const FILE_TYPE: Readonly<Record<GgufStorage, number>> = { f32: 0, f16: 1, q8_0: 7 };

export interface NamedTensor {
  /** Hugging Face's name. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** The type a tensor is stored in: vectors are few and decide much, so they stay float32; rows that make no blocks stay float16. */
export function storedType(shape: readonly number[], storage: GgufStorage): 'F32' | 'F16' | 'Q8_0' {
  if (shape.length < 2 || storage === 'f32') return 'F32';
  return storage === 'q8_0' && shape.at(-1)! % 32 === 0 ? 'Q8_0' : 'F16';
}

/**
 * Encodes a model piece by piece.
 *
 * @param tensors every parameter of the configuration, in any order, each name once
 * @param tokenizer keys of its metadata; none leaves the file without a vocabulary
 * @throws DataError if a tensor is missing, or does not fit its type
 */
export async function* encodeGguf(
  config: ModelConfig,
  tensors: AsyncIterable<NamedTensor>,
  { name, storage, tokenizer }: { readonly name: string; readonly storage: GgufStorage; readonly tokenizer: ReadonlyMap<string, GgufField> | null },
): AsyncGenerator<Uint8Array> {
  const factors = ropeFactors(config);
  const names = [...parameterShapes(config)];
  const plan: GgufTensorPlan[] = names.map(([own, shape]) => ({ name: ggufName(own), type: storedType(shape, storage), shape }));
  const extra: GgufTensorPlan[] = factors ? [{ name: 'rope_freqs.weight', type: 'F32', shape: [factors.length] }] : [];
  yield ggufHeader(new Map([...ggufMetadata(config, name, storage), ...(tokenizer ?? [['tokenizer.ggml.model', 'no_vocab']])]), [...extra, ...plan]);
  if (factors) yield* padded(packRows(factors, 'F32', 'rope_freqs.weight'));

  // Tensors come as the device holds them, and go where the header says: those that come early wait.
  const waiting = new Map<string, Uint8Array>();
  let next = 0;
  for await (const tensor of tensors) {
    waiting.set(tensor.name, encodeTensor(tensor, config, storage));
    for (let bytes = waiting.get(names[next]?.[0] ?? ''); bytes !== undefined; bytes = waiting.get(names[next]?.[0] ?? '')) {
      yield* padded(bytes);
      waiting.delete(names[next]![0]);
      next++;
    }
  }
  if (next < names.length || waiting.size > 0) throw new DataError(`export: expected every parameter once, got none named ${names[next]?.[0] ?? [...waiting.keys()][0]}.`);
}

function* padded(bytes: Uint8Array): Generator<Uint8Array> {
  yield bytes;
  const zeros = paddingAfter(bytes.length);
  if (zeros.length > 0) yield zeros;
}

/** A tensor's bytes as the file has them. */
function encodeTensor({ name, shape, data }: NamedTensor, config: ModelConfig, storage: GgufStorage): Uint8Array {
  const headRows = rowsInterleaved(name, config);
  return packRows(headRows === null ? data : interleaved(data, shape, headRows), storedType(shape, storage), name);
}

/** Rows head by head as llama.cpp's converter puts them: row h·D + s·D/2 + i goes to h·D + 2i + s. */
function interleaved(data: Float32Array, [rows = 0, ...rest]: readonly number[], headRows: number): Float32Array {
  const width = rest.reduce((product, size) => product * size, 1);
  const out = new Float32Array(data.length);
  const half = headRows / 2;
  for (let row = 0; row < rows; row++) {
    const inHead = row % headRows;
    const to = row - inHead + 2 * (inHead % half) + Math.floor(inHead / half);
    out.set(data.subarray(row * width, (row + 1) * width), to * width);
  }
  return out;
}

function ggufMetadata(config: ModelConfig, name: string, storage: GgufStorage): [string, GgufField][] {
  const arch = config.family === 'mistral' ? 'llama' : config.family;
  const fields: [string, GgufField][] = [
    ['context_length', config.maxPositions],
    ['embedding_length', config.width],
    ['block_count', config.layers],
    ['feed_forward_length', config.ffWidth],
    ['attention.head_count', config.heads],
    ['attention.head_count_kv', config.kvHeads],
    ['attention.key_length', config.headDim],
    ['attention.value_length', config.headDim],
    ['attention.layer_norm_rms_epsilon', { float: config.normEps }],
    ['rope.freq_base', { float: config.ropeTheta }],
    ['rope.dimension_count', config.headDim],
    ['vocab_size', config.vocabSize],
    ...(config.slidingWindow === null ? [] : [['attention.sliding_window', config.slidingWindow] as [string, GgufField]]),
  ];
  return [
    ['general.architecture', arch],
    ['general.type', 'model'],
    ['general.name', name],
    ['general.file_type', FILE_TYPE[storage]],
    ['general.quantization_version', 2],
    ...fields.map(([key, value]): [string, GgufField] => [`${arch}.${key}`, value]),
    ...tokenIds(config),
  ];
}

/** Of a file without a vocabulary, too; a tokenizer's own win. */
function tokenIds({ bosId, eosIds, padId }: ModelConfig): [string, GgufField][] {
  const [eos, other] = eosIds;
  return [
    ...(bosId === null ? [] : [['tokenizer.ggml.bos_token_id', bosId] as [string, GgufField]]),
    ...(eos === undefined ? [] : [['tokenizer.ggml.eos_token_id', eos] as [string, GgufField]]),
    ...(other === undefined ? [] : [['tokenizer.ggml.eot_token_id', other] as [string, GgufField]]),
    ...(padId === null ? [] : [['tokenizer.ggml.padding_token_id', padId] as [string, GgufField]]),
  ];
}
