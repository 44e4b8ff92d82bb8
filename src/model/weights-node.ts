/** Opens a model folder on disk: configuration, and weights in one file or several. */

import { open, readdir, readFile, stat, type FileHandle } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { DataError } from '../base/errors.ts';
import type { ModelConfig } from './config.ts';
import { parseModelConfig } from './parse-config.ts';
import { fittedWeights } from './published-names.ts';
import type { ByteSource } from './safetensors.ts';
import { openShardedWeights, openWeights, type Weights } from './weights.ts';

/** A model on disk: its shape and its weights. */
export interface ModelFolder {
  readonly config: ModelConfig;
  readonly weights: Weights;
}

/**
 * Opens a model folder and checks every parameter's name and shape; no weight is read yet.
 *
 * @throws DataError if a file is missing or cut off, or the weights do not fit the configuration
 */
export async function openModelFolder(folder: string): Promise<ModelFolder> {
  const config = await readModelConfig(folder);
  return { config, weights: fittedWeights(config, await openFolderWeights(folder)) };
}

/** Reads `config.json`, and `generation_config.json` where there is one. */
export async function readModelConfig(folder: string): Promise<ModelConfig> {
  const file = join(folder, 'config.json');
  const generation = await readJson(join(folder, 'generation_config.json'), 'optional');
  return parseModelConfig(await readJson(file, 'required'), generation === undefined ? { file } : { file, generation });
}

/** Opens `model.safetensors` or, where there is none, the files that `model.safetensors.index.json` names. */
export async function openFolderWeights(folder: string): Promise<Weights> {
  const whole = join(folder, 'model.safetensors');
  const indexFile = `${whole}.index.json`;
  const index = (await isFile(whole)) ? undefined : await readJson(indexFile, 'optional');
  if (index === undefined) return openWeights(await openFile(whole));
  return openShardedWeights(indexFile, index, (name) => openFile(join(folder, name)));
}

/**
 * The GGUF file that a path means: the path itself, or the only one of a folder that holds no safetensors; null where it means none.
 *
 * @throws DataError if the folder holds several
 */
export async function ggufFileOf(path: string): Promise<string | null> {
  if (path.endsWith('.gguf')) return path;
  const names = await readdir(path).catch((): string[] => []);
  const found = names.filter((name) => name.endsWith('.gguf')).toSorted();
  if (found.length === 0 || names.includes('model.safetensors') || names.includes('model.safetensors.index.json')) return null;
  if (found.length > 1) throw new DataError(`${path}: expected one GGUF file, got ${found.join(', ')}. Name one of them in model.path.`);
  return join(path, found[0]!);
}

function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** A file as a source of bytes; it is opened anew for each read, so nothing has to be closed. */
export async function openFile(path: string): Promise<ByteSource> {
  const { size } = await stat(path).catch((cause: unknown) => {
    throw new DataError(`${path}: expected a file, got none. Check the path, or download ${basename(path)} again.`, {
      cause,
    });
  });
  return {
    name: path,
    size,
    async read(offset, length) {
      const bytes = new Uint8Array(length);
      const file = await open(path);
      try {
        const read = await readFully(file, bytes, offset);
        if (read < length) throw new DataError(`${path}: expected ${length} bytes at ${offset}, got ${read}. The file changed while it was read.`);
        return bytes;
      } finally {
        await file.close();
      }
    },
  };
}

/** One system call reads at most 2 GiB, so a large tensor takes several. */
async function readFully(file: FileHandle, bytes: Uint8Array, offset: number): Promise<number> {
  const most = 1 << 30;
  let done = 0;
  while (done < bytes.length) {
    const { bytesRead } = await file.read(bytes, done, Math.min(most, bytes.length - done), offset + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

async function readJson(path: string, need: 'required' | 'optional'): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (need === 'optional' && isMissing(cause)) return undefined;
    throw new DataError(`${path}: expected a file, got ${isMissing(cause) ? 'none' : 'one that cannot be read'}. Check the model's path.`, { cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new DataError(`${path}: expected JSON, got ${JSON.stringify(text.slice(0, 40))}. The file is damaged; download it again.`, { cause });
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
