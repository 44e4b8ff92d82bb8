/** A policy in the formats that other tools read: which files, what is in them, and what each tensor must read back as. */

import { DataError } from '../base/errors.ts';
import type { Device } from '../gpu/device.ts';
import { encodeGguf, ggufBytes, ggufTypeOf, type GgufStorage } from '../model/export-gguf.ts';
import { describeShards, encodeShard, planShards } from '../model/export-safetensors.ts';
import { dequantise } from '../model/gguf-blocks.ts';
import type { GgufField } from '../model/gguf-writer.ts';
import type { LoraAdapter } from '../model/lora.ts';
import { type FloatType, narrow } from '../model/narrow.ts';
import { type Parameters, type PublishedTensor, publishedTensors, readParts } from '../model/parameters.ts';
import { describeAdapter } from '../model/peft.ts';
import { encodeSafetensors } from '../model/safetensors.ts';
import { widen } from '../model/widen.ts';
import { describeConfig } from '../model/write-config.ts';
import { ggufTokenizerMetadata } from '../tokenizer/to-gguf.ts';
import type { Policy } from './build-policy.ts';

/** How a format may store the matrices of a model; the first is the default. */
export const EXPORT_TYPES = {
  peft: ['f32'],
  safetensors: ['f32', 'f16', 'bf16'],
  gguf: ['f16', 'q8_0', 'f32'],
} as const;

/** PEFT's files, Hugging Face's folder, or one GGUF file. */
export type ExportFormat = keyof typeof EXPORT_TYPES;

/** A format and how it stores. */
export type ExportStorage =
  | { readonly format: 'peft'; readonly type: 'f32' }
  | { readonly format: 'safetensors'; readonly type: (typeof EXPORT_TYPES.safetensors)[number] }
  | { readonly format: 'gguf'; readonly type: (typeof EXPORT_TYPES.gguf)[number] };

/** One file to be written, in pieces. */
export interface ExportFile {
  readonly file: string;
  readonly content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

export interface ExportPlan {
  readonly files: readonly ExportFile[];
  /** A tensor as it must read back. */
  readonly expected: (tensor: PublishedTensor) => Float32Array;
  /** What the format cannot say. */
  readonly notes: readonly string[];
}

const FLOAT_TYPES = { f32: 'F32', f16: 'F16', bf16: 'BF16' } as const;
const TORCH_TYPES = { f32: 'float32', f16: 'float16', bf16: 'bfloat16' } as const;

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** An adapter in PEFT's files. */
export async function peftFiles(device: Device, adapter: LoraAdapter, base: string | null): Promise<ExportPlan> {
  return {
    files: [
      { file: 'adapter_model.safetensors', content: encodeSafetensors(await readParts(device, adapter), { format: 'pt' }) },
      { file: 'adapter_config.json', content: [bytesOf(describeAdapter(adapter, base))] },
    ],
    expected: ({ data }) => data,
    notes: base === null ? ['adapter_config.json names no base model: name it with --base.'] : [],
  };
}

/** A model in the layout of Hugging Face's folders. Files must be written in their order. */
export function safetensorsFiles(
  device: Device,
  { config, sideFiles }: Policy,
  parameters: Parameters,
  { type, maxShardBytes }: { readonly type: keyof typeof FLOAT_TYPES; readonly maxShardBytes: number },
): ExportPlan {
  const dtype: FloatType = FLOAT_TYPES[type];
  const shards = planShards(config, dtype, maxShardBytes);
  const tensors = publishedTensors(device, parameters);
  const index = describeShards(shards, dtype);
  const described = [...describeConfig(config)].map(([file, text]) => [file, bytesOf(text)] as const);
  const side = new Map([...described, ...sideFiles, ['config.json', storedConfig(config, sideFiles, type)] as const]);
  if (index !== null) side.set('model.safetensors.index.json', bytesOf(index));
  return {
    files: [
      ...shards.map((shard) => ({ file: shard.file, content: encodeShard(shard, tensors, dtype) })),
      ...[...side].map(([file, bytes]) => ({ file, content: [bytes] })),
    ],
    expected: ({ name, data }) => widen(narrow(data, dtype, name).slice(), dtype, name),
    notes: sideFiles.has('tokenizer.json') ? [] : ['the model has no tokenizer.json, and so has the folder.'],
  };
}

/** The model's own config.json, with the type its weights now have. */
function storedConfig(config: Policy['config'], sideFiles: Policy['sideFiles'], type: keyof typeof TORCH_TYPES): Uint8Array {
  const own = sideFiles.get('config.json');
  const json = JSON.parse(own ? new TextDecoder().decode(own) : describeConfig(config).get('config.json')!) as Record<string, unknown>;
  return bytesOf(`${JSON.stringify({ ...json, ['dtype' in json ? 'dtype' : 'torch_dtype']: TORCH_TYPES[type] }, null, 2)}\n`);
}

/** A model as one GGUF file. */
export function ggufFiles(
  device: Device,
  policy: Policy,
  parameters: Parameters,
  { storage, name, file }: { readonly storage: GgufStorage; readonly name: string; readonly file: string },
): ExportPlan {
  const { tokenizer, note } = describeTokenizer(policy);
  return {
    files: [{ file, content: encodeGguf(policy.config, publishedTensors(device, parameters), { name, storage, tokenizer }) }],
    expected: ({ name: tensor, shape, data }) => {
      const type = ggufTypeOf(shape, storage);
      return dequantise(ggufBytes(data, type, tensor).slice(), type, tensor);
    },
    notes: note === null ? [] : [note],
  };
}

/** The tokenizer's metadata; one that GGUF cannot express leaves a file without a vocabulary, and a note. */
function describeTokenizer({ tokenizer, sideFiles, config }: Policy): {
  readonly tokenizer: ReadonlyMap<string, GgufField> | null;
  readonly note: string | null;
} {
  const json = sideFiles.get('tokenizer.json');
  try {
    if (!json) throw new DataError('tokenizer: expected a tokenizer.json, got none.');
    return { tokenizer: ggufTokenizerMetadata(tokenizer, JSON.parse(new TextDecoder().decode(json)), config.vocabSize), note: null };
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    return { tokenizer: null, note: `the GGUF file has no tokenizer, and tools that need one cannot read text with it: ${error.message}` };
  }
}
