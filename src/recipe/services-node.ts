/** Building a run under Node: models, tokenizers, prompts and reward modules from disk. */

import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { existsSync } from 'node:fs';
import { readPrompts } from '../data/jsonl-node.ts';
import type { Device } from '../gpu/device.ts';
import { openModelFolder } from '../model/weights-node.ts';
import { loadRewardModule } from '../rewards/module-node.ts';
import { openTokenizer } from '../tokenizer/tokenizer-node.ts';
import type { BuildServices } from './services.ts';

const SIDE_FILES = ['config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json', 'chat_template.jinja'];

/** Paths are relative to the working folder; the models that come with Entrain are found from anywhere. */
export function nodeServices(device: Device): BuildServices {
  return {
    device,
    async openModel(path) {
      const folder = locate(path);
      return { ...(await openModelFolder(folder)), sideFiles: await readSideFiles(folder) };
    },
    async openTokenizer(path) {
      const folder = locate(path);
      const files = await readSideFiles(folder);
      return { tokenizer: await openTokenizer(folder), sideFiles: new Map([...files].filter(([name]) => name.startsWith('tokenizer'))) };
    },
    readPrompts: (path, names) => readPrompts(path, names),
    loadReward: (use, args) => loadRewardModule(use, { args }),
  };
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
