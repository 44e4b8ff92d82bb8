/** A model as a GGUF file: metadata, and tensors in GGUF's names, order of rows and types. */

import { DataError } from '../base/errors.ts';
import { architectureOf } from './architecture.ts';
import { type ModelConfig, parameterShapes } from './config.ts';
import { ggufName, rowsInterleaved } from './gguf-names.ts';
import { ropeFactors } from './gguf-rope.ts';
import { type GgufField, ggufHeader, type GgufTensorPlan, paddingAfter } from './gguf-writer.ts';
import { narrow } from './narrow.ts';
import type { PublishedTensor } from './parameters.ts';
import { quantise } from './quantise.ts';

export type GgufStorage = 'f32' | 'f16' | 'q8_0';

/** GGUF's types that Entrain writes. */
export type WrittenType = 'F32' | 'F16' | 'Q8_0';

/** What `general.file_type` calls them. */
const FILE_TYPE: Readonly<Record<GgufStorage, number>> = { f32: 0, f16: 1, q8_0: 7 };

export interface GgufDescription {
  readonly name: string;
  readonly storage: GgufStorage;
  /** Keys of the tokenizer's metadata; null leaves the file without a vocabulary. */
  readonly tokenizer: ReadonlyMap<string, GgufField> | null;
}

/** The type a tensor is stored in: vectors are few and decide much, so they stay float32; rows that make no blocks become float16. */
export function ggufTypeOf(shape: readonly number[], storage: GgufStorage): WrittenType {
  if (shape.length < 2 || storage === 'f32') return 'F32';
  return storage === 'q8_0' && shape.at(-1)! % 32 === 0 ? 'Q8_0' : 'F16';
}

/**
 * Returns numbers as the bytes of a type. The way back is `dequantise`.
 *
 * @param subject how errors name the tensor
 * @throws DataError for a number that float16 has no room for
 */
export function ggufBytes(values: Float32Array, type: WrittenType, subject: string): Uint8Array {
  return type === 'Q8_0' ? quantise(values, type) : narrow(values, type, subject);
}

/**
 * Encodes a model piece by piece.
 *
 * @param tensors every parameter of the configuration, in its order
 * @throws DataError if a tensor is missing, out of order, or does not fit its type, or the family is none that GGUF files are written of
 */
export async function* encodeGguf(
  config: ModelConfig,
  tensors: AsyncIterable<PublishedTensor>,
  { name, storage, tokenizer }: GgufDescription,
): AsyncGenerator<Uint8Array> {
  if (architectureOf(config).positions !== 'rotary')
    throw new DataError(`export: expected a model with rotary positions for a GGUF file, got one of the family ${config.family}. Export safetensors.`);
  const factors = ropeFactors(config);
  const shapes = [...parameterShapes(config)];
  const frequencies: GgufTensorPlan[] = factors ? [{ name: 'rope_freqs.weight', type: 'F32', shape: [factors.length] }] : [];
  const plan = shapes.map(([own, shape]) => ({ name: ggufName(own), type: ggufTypeOf(shape, storage), shape }));
  const metadata = new Map([...describeModel(config, name, storage), ...(tokenizer ?? [['tokenizer.ggml.model', 'no_vocab']])]);
  yield ggufHeader(withEnds(metadata, config), [...frequencies, ...plan]);
  if (factors) yield* padded(ggufBytes(factors, 'F32', 'rope_freqs.weight'));
  let next = 0;
  for await (const tensor of tensors) {
    if (tensor.name !== shapes[next]?.[0]) throw new DataError(`export: expected ${shapes[next]?.[0] ?? 'no more tensors'} next, got ${tensor.name}.`);
    yield* padded(encodeTensor(tensor, config, storage));
    next++;
  }
  if (next < shapes.length) throw new DataError(`export: expected ${shapes[next]![0]} next, got no more tensors.`);
}

function* padded(bytes: Uint8Array): Generator<Uint8Array> {
  yield bytes;
  const zeros = paddingAfter(bytes.length);
  if (zeros.length > 0) yield zeros;
}

/** A tensor's bytes as the file has them. */
function encodeTensor({ name, shape, data }: PublishedTensor, config: ModelConfig, storage: GgufStorage): Uint8Array {
  const headRows = rowsInterleaved(name, config);
  return ggufBytes(headRows === null ? data : interleaved(data, shape, headRows), ggufTypeOf(shape, storage), name);
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

function describeModel(config: ModelConfig, name: string, storage: GgufStorage): [string, GgufField][] {
  const arch = config.family === 'mistral' ? 'llama' : config.family;
  const numbers: [string, GgufField][] = [
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
  ];
  if (config.slidingWindow !== null) numbers.push(['attention.sliding_window', config.slidingWindow]);
  const ids = Object.entries({ bos: config.bosId, padding: config.padId });
  return [
    ['general.architecture', arch],
    ['general.type', 'model'],
    ['general.name', name],
    ['general.file_type', FILE_TYPE[storage]],
    ['general.quantization_version', 2],
    ...numbers.map(([key, value]): [string, GgufField] => [`${arch}.${key}`, value]),
    ...ids.flatMap(([role, id]): [string, GgufField][] => (id === null ? [] : [[`tokenizer.ggml.${role}_token_id`, id]])),
  ];
}

/** GGUF has room for three tokens that end a completion: the tokenizer's own, and two more of the configuration's. */
function withEnds(metadata: ReadonlyMap<string, GgufField>, { eosIds }: ModelConfig): ReadonlyMap<string, GgufField> {
  const own = metadata.get('tokenizer.ggml.eos_token_id');
  const ends = [...new Set([...(typeof own === 'number' ? [own] : []), ...eosIds])];
  const named = ['eos', 'eot', 'eom'].flatMap((role, i): [string, GgufField][] =>
    ends[i] === undefined ? [] : [[`tokenizer.ggml.${role}_token_id`, ends[i]]],
  );
  return new Map([...metadata, ...named]);
}
