/** A GGUF file as a model and a tokenizer, with the side files that a folder of the same model would have. */

import { DataError } from '../base/errors.ts';
import { openGguf } from '../model/gguf.ts';
import { openGgufModel } from '../model/gguf-weights.ts';
import type { ByteSource } from '../model/safetensors.ts';
import { describeConfig } from '../model/write-config.ts';
import { ggufTokenizerFiles } from '../tokenizer/gguf-tokenizer.ts';
import { loadTokenizer, type Tokenizer } from '../tokenizer/tokenizer.ts';
import type { ModelSource } from './services.ts';

/** @throws DataError if the file is damaged, or no model that Entrain computes */
export async function openGgufSource(source: ByteSource): Promise<ModelSource> {
  const { config, weights, file } = await openGgufModel(source);
  const tokenizer = ggufTokenizerFiles(file.metadata, source.name);
  return { config, weights, sideFiles: encoded([...describeConfig(config), ...(tokenizer ? tokenizerFiles(tokenizer) : [])]) };
}

/** @throws DataError if the file is damaged, or has no tokenizer or one of an unknown kind */
export async function openGgufTokenizer(source: ByteSource): Promise<{ readonly tokenizer: Tokenizer; readonly sideFiles: ReadonlyMap<string, Uint8Array> }> {
  const { metadata } = await openGguf(source);
  const files = ggufTokenizerFiles(metadata, source.name);
  if (!files)
    throw new DataError(
      `${source.name}: expected a tokenizer, got a file without one. Put tokenizer.json beside the file, or name its folder in model.tokenizer.`,
    );
  return { tokenizer: await loadTokenizer({ ...files, file: source.name }), sideFiles: encoded(tokenizerFiles(files)) };
}

function tokenizerFiles({ tokenizerJson, tokenizerConfig }: NonNullable<ReturnType<typeof ggufTokenizerFiles>>): [string, string][] {
  return [
    ['tokenizer.json', JSON.stringify(tokenizerJson)],
    ['tokenizer_config.json', `${JSON.stringify(tokenizerConfig, null, 2)}\n`],
  ];
}

function encoded(files: readonly (readonly [string, string])[]): ReadonlyMap<string, Uint8Array> {
  return new Map(files.map(([name, text]) => [name, new TextEncoder().encode(text)]));
}
