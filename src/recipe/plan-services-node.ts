/** Building a plan under Node: weights may be absent, and files are opened once however many settings are tried. */

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DataError } from '../base/errors.ts';
import { parseModelConfig } from '../model/parse-config.ts';
import type { Weights } from '../model/weights.ts';
import { readModelConfig } from '../model/weights-node.ts';
import { nodeServices } from './services-node.ts';
import type { BuildServices, ModelSource } from './services.ts';

/** Prompts of a model without a tokenizer are counted with this one. */
const TOKENIZER = 'models/make-the-number';
const WEIGHT_FILES = ['model.safetensors', 'model.safetensors.index.json', 'adapter_config.json'];

/** Services for a device that only counts. A config.json, alone in its folder or named itself, is a model. */
export function planServices(): (device: BuildServices['device']) => BuildServices {
  const models = new Map<string, Promise<ModelSource>>();
  const tokenizers = new Map<string, ReturnType<BuildServices['openTokenizer']>>();
  return (device) => {
    const services = nodeServices(device);
    return {
      ...services,
      openModel: (path, revision) => remembered(models, path, () => (isBareConfig(path) ? configOf(path) : services.openModel(path, revision))),
      openTokenizer: (path, revision) => remembered(tokenizers, path, () => services.openTokenizer(hasTokenizer(path) ? folderOf(path) : TOKENIZER, revision)),
    };
  };
}

function remembered<T>(known: Map<string, T>, key: string, open: () => T): T {
  const value = known.get(key) ?? open();
  known.set(key, value);
  return value;
}

function folderOf(path: string): string {
  return path.endsWith('.json') ? dirname(path) : path;
}

function isBareConfig(path: string): boolean {
  return (
    path.endsWith('.json') || (existsSync(join(path, 'config.json')) && !WEIGHT_FILES.some((file) => existsSync(join(path, file))) && !path.endsWith('.gguf'))
  );
}

function hasTokenizer(path: string): boolean {
  return !isBareConfig(path) || existsSync(join(folderOf(path), 'tokenizer.json'));
}

async function configOf(path: string): Promise<ModelSource> {
  const config =
    path.endsWith('.json') && basename(path) !== 'config.json' ? parseModelConfig(await readJson(path), { file: path }) : await readModelConfig(folderOf(path));
  const refuse = () => Promise.reject(new DataError(`${path}: expected weights, got a configuration alone. Plans need no more; a run does.`));
  const weights: Weights = { name: path, tensors: new Map(), readBytes: refuse, read: refuse };
  return { config, weights, sideFiles: new Map() };
}

async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new DataError(`${path}: expected a file, got none. Check model.path.`, { cause });
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new DataError(`${path}: expected JSON, got ${JSON.stringify(text.slice(0, 40))}. The file is damaged; download it again.`, { cause });
  }
}
