/** A model's architecture from the metadata of its GGUF file. */

import { DataError } from '../base/errors.ts';
import type { Llama3RopeScaling, ModelConfig, ModelFamily } from './config.ts';
import type { GgufFile, GgufMetadata } from './gguf.ts';
import { inferRopeScaling } from './gguf-rope.ts';

/** Architectures as GGUF calls them. Mistral's files say llama. */
const ARCHITECTURES: readonly ModelFamily[] = ['llama', 'qwen2', 'qwen3'];

/**
 * Reads a configuration.
 *
 * @param ropeFactors the numbers of `rope_freqs.weight`, where the file has it
 * @throws DataError if the architecture is not one that Entrain computes, or a key is missing
 */
export function ggufConfig({ source, metadata, tensors }: GgufFile, ropeFactors: Float32Array | null): ModelConfig {
  const fields = new GgufFields(metadata, source.name);
  const architecture = fields.text('general.architecture');
  const arch = ARCHITECTURES.find((name) => name === architecture);
  if (arch === undefined)
    throw new DataError(
      `${source.name}: expected general.architecture ${ARCHITECTURES.join(', ')}, got ${architecture}. Choose a model of one of these families.`,
    );
  const key = (name: string): string => `${arch}.${name}`;
  refuseUnsupported(fields, key);

  const width = fields.count(key('embedding_length'));
  const heads = fields.count(key('attention.head_count'));
  const headDim = fields.has(key('attention.key_length')) ? fields.count(key('attention.key_length')) : width / heads;
  const rotated = fields.has(key('rope.dimension_count')) ? fields.count(key('rope.dimension_count')) : headDim;
  if (!Number.isInteger(headDim) || headDim % 2 !== 0 || rotated !== headDim) {
    throw new DataError(
      `${source.name}: expected heads of an even width that is rotated as a whole, got ${headDim} with ${rotated} rotated. This model needs what Entrain does not compute; choose another.`,
    );
  }
  const slidingWindow = fields.has(key('attention.sliding_window')) ? fields.count(key('attention.sliding_window')) : null;
  const ropeTheta = fields.has(key('rope.freq_base')) ? fields.positive(key('rope.freq_base')) : 10_000;
  return {
    family: arch === 'llama' && slidingWindow !== null ? 'mistral' : arch,
    layers: layersOf(fields.count(key('block_count')), tensors.size, source.name),
    width,
    heads,
    kvHeads: fields.has(key('attention.head_count_kv')) ? fields.count(key('attention.head_count_kv')) : heads,
    headDim,
    ffWidth: fields.count(key('feed_forward_length')),
    vocabSize: vocabularyOf(tensors, source.name),
    normEps: fields.positive(key('attention.layer_norm_rms_epsilon')),
    ropeTheta,
    ropeScaling: scalingOf(ropeFactors, ropeTheta, source.name),
    tied: !tensors.has('output.weight'),
    qkvBias: arch === 'qwen2',
    qkNorm: arch === 'qwen3',
    slidingWindow,
    maxPositions: fields.count(key('context_length')),
    bosId: fields.id('tokenizer.ggml.bos_token_id'),
    eosIds: [...new Set(['eos', 'eot', 'eom'].map((name) => fields.id(`tokenizer.ggml.${name}_token_id`)).filter((id) => id !== null))],
    padId: fields.id('tokenizer.ggml.padding_token_id'),
  };
}

function refuseUnsupported(fields: GgufFields, key: (name: string) => string): void {
  const scaling = fields.has(key('rope.scaling.type')) ? fields.text(key('rope.scaling.type')) : 'none';
  if (scaling !== 'none') fields.refuse(key('rope.scaling.type'), 'none', scaling);
  if (fields.has(key('expert_count')) && fields.natural(key('expert_count')) > 0) fields.refuse(key('expert_count'), '0', 'a mixture of experts');
}

/** Checked against the tensors that are there, since whatever counts layers would count to the number claimed. */
function layersOf(claimed: number, tensors: number, file: string): number {
  if (claimed <= tensors) return claimed;
  throw new DataError(`${file}: expected block_count of at most its ${tensors} tensors, got ${claimed}. The file is damaged.`);
}

function vocabularyOf(tensors: GgufFile['tensors'], file: string): number {
  const [rows] = tensors.get('token_embd.weight')?.shape ?? [];
  if (rows === undefined) throw new DataError(`${file}: expected a tensor token_embd.weight, got none. This file has no language model.`);
  return rows;
}

function scalingOf(factors: Float32Array | null, theta: number, file: string): Llama3RopeScaling | null {
  if (factors === null) return null;
  const scaling = inferRopeScaling(factors, theta);
  if (scaling === undefined)
    throw new DataError(
      `${file}: expected rope_freqs.weight as Llama 3.1 and 3.2 have it, got other factors. This model needs what Entrain does not compute; choose another.`,
    );
  return scaling;
}

/** Reads metadata one by one, and says which key is wrong. */
class GgufFields {
  readonly #metadata: GgufMetadata;
  readonly #file: string;

  constructor(metadata: GgufMetadata, file: string) {
    this.#metadata = metadata;
    this.#file = file;
  }

  has(key: string): boolean {
    return this.#metadata.has(key);
  }

  text(key: string): string {
    const value = this.#metadata.get(key);
    return typeof value === 'string' ? value : this.#wrong(key, 'a text');
  }

  natural(key: string): number {
    const value = this.#metadata.get(key);
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value < 2 ** 31 ? value : this.#wrong(key, 'a whole number');
  }

  count(key: string): number {
    const value = this.natural(key);
    return value > 0 ? value : this.#wrong(key, 'a positive whole number');
  }

  /** The shortest decimal that is the stored float32: 1e-5, not 0.000009999999747. */
  positive(key: string): number {
    const value = this.#metadata.get(key);
    if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) return this.#wrong(key, 'a positive number');
    for (let digits = 1; digits < 10; digits++) {
      const short = Number(value.toPrecision(digits));
      if (Math.fround(short) === value) return short;
    }
    return value;
  }

  /** A token's id, or null where none is named; 2³² − 1 stands for none too. */
  id(key: string): number | null {
    const value = this.#metadata.get(key);
    return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 31 ? value : null;
  }

  refuse(key: string, expected: string, got: string): never {
    throw new DataError(`${this.#file}: expected ${key} ${expected}, got ${got}. This model needs what Entrain does not compute; choose another.`);
  }

  #wrong(key: string, expected: string): never {
    const value = this.#metadata.get(key);
    const got = value === undefined ? 'nothing' : Array.isArray(value) ? 'a list' : String(value).slice(0, 60);
    throw new DataError(`${this.#file}: expected ${key} to be ${expected}, got ${got}. The file is damaged or incomplete.`);
  }
}
