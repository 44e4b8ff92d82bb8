/** Building a run under Node: models, tokenizers, prompts and reward modules from disk. */

import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { existsSync } from 'node:fs';
import { DataError } from '../base/errors.ts';
import { readPrompts } from '../data/jsonl-node.ts';
import type { Device } from '../gpu/device.ts';
import { parseAdapterConfig } from '../model/peft.ts';
import { isHubName, openHubModel } from '../model/hub-node.ts';
import { openWeights } from '../model/weights.ts';
import { ggufFileOf, openFile, openModelFolder } from '../model/weights-node.ts';
import { loadRewardModule } from '../rewards/module-node.ts';
import { openTokenizer } from '../tokenizer/tokenizer-node.ts';
import { openGgufSource, openGgufTokenizer } from './gguf-source.ts';
import type { AdapterSource, BuildServices, ModelSource } from './services.ts';

const MODEL_FILES = ['config.json', 'generation_config.json'];
const SIDE_FILES = [...MODEL_FILES, 'tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json', 'chat_template.jinja'];

const ADAPTER_CONFIG = 'adapter_config.json';

export interface NodePlace {
  /** HF_TOKEN and its like; the process's own by default. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Told what is downloaded. */
  readonly note?: (message: string) => void;
}

/**
 * Paths are relative to the working folder; the models that come with Entrain are found from anywhere. A path that is not there and reads
 * like a hub's name (`org/name`, `org/name/file.gguf`) is a model of the hub.
 */
export function nodeServices(device: Device, { environment = process.env, note }: NodePlace = {}): BuildServices {
  const find = (path: string, revision?: string): Promise<string> => {
    const place = locate(path);
    // A folder of that name here makes the rest a slip of the pen, not a model elsewhere.
    if (existsSync(place) || !isHubName(path) || existsSync(path.split('/')[0]!)) return Promise.resolve(place);
    return openHubModel(path, { environment, ...(note && { note }), ...(revision !== undefined && { revision }) });
  };
  return {
    device,
    async openModel(path, revision) {
      const named = await find(path, revision);
      const base = await baseOf(named);
      if (base === null) return openBase(named);
      return { ...(await openBase(await find(base))), adapter: await openAdapterFolder(named, base) };
    },
    async openTokenizer(path, revision) {
      const named = await find(path, revision);
      const base = await baseOf(named);
      const folder = base === null ? named : await find(base);
      const gguf = await ggufFileOf(folder);
      if (gguf !== null && !existsSync(join(folder, 'tokenizer.json'))) return openGgufTokenizer(await openFile(gguf));
      const files = await readSideFiles(folder);
      return { tokenizer: await openTokenizer(folder), sideFiles: new Map([...files].filter(([name]) => !MODEL_FILES.includes(name))) };
    },
    readPrompts: (path, names) => readPrompts(path, names),
    loadReward: (use, args) => loadRewardModule(use, { args }),
  };
}

/** A folder of safetensors, or a GGUF file: named itself, or alone in its folder, whose own side files then win. */
async function openBase(path: string): Promise<ModelSource> {
  const gguf = await ggufFileOf(path);
  const own = gguf === path ? new Map<string, Uint8Array>() : await readSideFiles(path);
  if (gguf === null) return { ...(await openModelFolder(path)), sideFiles: own };
  const model = await openGgufSource(await openFile(gguf));
  return { ...model, sideFiles: new Map([...model.sideFiles, ...own]) };
}

/** What an adapter's folder calls its base model; null for the folder of a model. */
async function baseOf(folder: string): Promise<string | null> {
  const file = join(folder, ADAPTER_CONFIG);
  if (!existsSync(file)) return null;
  const { base_model_name_or_path: base } = await readAdapterConfig(file);
  if (typeof base === 'string' && base !== '') return base;
  throw new DataError(`${file}: expected base_model_name_or_path, got none. Write the folder of the model the adapter was trained on there.`);
}

async function openAdapterFolder(folder: string, base: string): Promise<AdapterSource> {
  const file = join(folder, ADAPTER_CONFIG);
  const options = parseAdapterConfig(await readAdapterConfig(file), file);
  return { base, options, weights: await openWeights(await openFile(join(folder, 'adapter_model.safetensors'))) };
}

async function readAdapterConfig(file: string): Promise<{ readonly base_model_name_or_path?: unknown }> {
  const text = await readFile(file, 'utf8');
  try {
    return Object(JSON.parse(text)) as { readonly base_model_name_or_path?: unknown };
  } catch (cause) {
    throw new DataError(`${file}: expected JSON, got ${JSON.stringify(text.slice(0, 40))}. The file is damaged; download it again.`, { cause });
  }
}

/** A path as it stands, or below the package: `models/make-the-number` works in any folder. */
function locate(path: string): string {
  if (existsSync(path)) return resolve(path);
  const inPackage = join(dirname(fileURLToPath(import.meta.url)), '..', '..', path);
  return existsSync(inPackage) ? inPackage : resolve(path);
}

async function readSideFiles(folder: string): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const name of SIDE_FILES) {
    const bytes = await readFile(join(folder, name)).catch(() => null);
    if (bytes) files.set(name, new Uint8Array(bytes));
  }
  return files;
}
