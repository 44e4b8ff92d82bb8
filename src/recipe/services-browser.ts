/** Building a run in a page or its worker: models, tokenizers and prompts from chosen files, URLs and the browser's storage. */

import { DataError, RecipeError } from '../base/errors.ts';
import type { Device } from '../gpu/device.ts';
import { parseModelConfig } from '../model/parse-config.ts';
import { fittedWeights } from '../model/published-names.ts';
import type { ByteSource } from '../model/safetensors.ts';
import { openShardedWeights, openWeights, type Weights } from '../model/weights.ts';
import { type PageFiles, pageFiles, type PageFilesOptions } from './page-files.ts';
import type { BuildServices } from './services.ts';

const SIDE_FILES = ['config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json', 'chat_template.jinja'];

/** Tokenizer and prompts load their code when a recipe asks for them. A page runs no code that a recipe names. */
export function browserServices(device: Device, options: PageFilesOptions): BuildServices {
  const files = pageFiles(options);
  return {
    device,
    async openModel(folder) {
      const generation = await files.json(`${folder}/generation_config.json`);
      const file = `${folder}/config.json`;
      const config = parseModelConfig(await required(files, file), generation === undefined ? { file } : { file, generation });
      const weights = fittedWeights(config, await openFolderWeights(files, folder));
      return { config, weights, sideFiles: await sideFiles(files, folder, SIDE_FILES) };
    },
    async openTokenizer(folder) {
      const file = `${folder}/tokenizer.json`;
      const [{ loadTokenizer }, tokenizerJson, tokenizerConfig, template] = await Promise.all([
        import('../tokenizer/tokenizer.ts'),
        required(files, file),
        files.json(`${folder}/tokenizer_config.json`),
        files.find(`${folder}/chat_template.jinja`),
      ]);
      const chatTemplate = await template?.text();
      const names = SIDE_FILES.filter((name) => name.startsWith('tokenizer'));
      const tokenizer = await loadTokenizer({
        tokenizerJson,
        tokenizerConfig: tokenizerConfig ?? {},
        file,
        ...(chatTemplate !== undefined && { chatTemplate }),
      });
      return { tokenizer, sideFiles: await sideFiles(files, folder, names) };
    },
    async readPrompts(path, names) {
      const [{ parsePrompts }, found] = await Promise.all([import('../data/jsonl.ts'), files.find(path)]);
      if (!found) throw new DataError(`${path}: expected a file of prompts, got none. Choose the file in the page, or give its URL.`);
      const name = (path.split('/').at(-1) ?? path).replace(/\.[^.]*$/, '');
      return parsePrompts(await found.text(), path, { ...names, name });
    },
    loadReward(use) {
      const message = `expected a built-in reward, got ${use}. A page runs no code that a recipe names: train this recipe in Node or Deno.`;
      return Promise.reject(new RecipeError([{ path: 'use', message }]));
    },
  };
}

async function openFolderWeights(files: PageFiles, folder: string): Promise<Weights> {
  const whole = `${folder}/model.safetensors`;
  const found = await files.find(whole);
  if (found) return openWeights(sourceOf(found, whole));
  const index = await files.json(`${whole}.index.json`);
  if (index === undefined)
    throw new DataError(`${whole}: expected a file, got none. Check model.path; in a page it is a URL, or the name of a folder that was chosen.`);
  return openShardedWeights(`${whole}.index.json`, index, async (name) => {
    const part = await files.find(`${folder}/${name}`);
    if (!part) throw new DataError(`${folder}/${name}: expected a file, as the index says, got none. Choose all files of the model.`);
    return sourceOf(part, `${folder}/${name}`);
  });
}

function sourceOf(blob: Blob, name: string): ByteSource {
  return {
    name,
    size: blob.size,
    async read(offset, length) {
      const bytes = new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer());
      if (bytes.length < length)
        throw new DataError(`${name}: expected ${length} bytes at ${offset}, got ${bytes.length}. The file is cut off; fetch it again.`);
      return bytes;
    },
  };
}

async function required(files: PageFiles, path: string): Promise<unknown> {
  const value = await files.json(path);
  if (value === undefined)
    throw new DataError(`${path}: expected a file, got none. Check model.path; in a page it is a URL, or the name of a folder that was chosen.`);
  return value;
}

async function sideFiles(files: PageFiles, folder: string, names: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
  const found = await Promise.all(names.map(async (name) => [name, await files.find(`${folder}/${name}`)] as const));
  const kept = new Map<string, Uint8Array>();
  for (const [name, blob] of found) if (blob) kept.set(name, new Uint8Array(await blob.arrayBuffer()));
  return kept;
}
