/** Writes an export beside its place and moves it there when it is whole. */

import { lstat, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { DataError } from '../base/errors.ts';
import { parseAdapterConfig } from '../model/peft.ts';
import { openFile } from '../model/weights-node.ts';
import { openWeights } from '../model/weights.ts';
import type { ExportPlace } from './export.ts';

/** Where an export is to lie. */
export interface ExportTarget {
  readonly path: string;
  readonly kind: 'file' | 'folder';
  /** Put it in the place of what is there. */
  readonly force: boolean;
}

/** What a folder of an export holds and nothing else does: only such a folder is ever replaced. */
const OWN_FILES =
  /^(config|generation_config|tokenizer|tokenizer_config|special_tokens_map|adapter_config|model\.safetensors\.index)\.json$|^(model(-\d{5}-of-\d{5})?|adapter_model)\.safetensors$|^chat_template\.jinja$/;

/**
 * Opens a place for an export.
 *
 * @throws DataError if something is there that may not be replaced, or the place cannot be written
 */
export async function openExportPlace({ path, kind, force }: ExportTarget): Promise<ExportPlace> {
  const target = resolve(path);
  const file = basename(target);
  await refuseOther(target, kind, force);
  const beside = join(dirname(target), `.tmp-${process.pid}-${file}`);
  await mkdir(beside, { recursive: true }).catch((cause: unknown) => {
    throw new DataError(
      `${target}: expected a place that can be written, got ${cause instanceof Error ? cause.message : String(cause)}. Choose another with --out.`,
      { cause },
    );
  });
  const written = kind === 'file' ? join(beside, file) : beside;
  return {
    file,
    path: written,
    write: (name, content) => writeWhole(join(beside, name), content),
    async openAdapter() {
      const config = join(beside, 'adapter_config.json');
      const options = parseAdapterConfig(JSON.parse(await readFile(config, 'utf8')), config);
      return { options, weights: await openWeights(await openFile(join(beside, 'adapter_model.safetensors'))) };
    },
    async keep() {
      await refuseOther(target, kind, force);
      const old = `${beside}-old`;
      const hadOther = await rename(target, old).then(
        () => true,
        () => false,
      );
      await rename(written, target).catch(async (error: unknown) => {
        if (hadOther) await rename(old, target);
        throw error;
      });
      if (hadOther) await rm(old, { recursive: true });
      return target;
    },
    discard: () => rm(beside, { recursive: true, force: true }),
  };
}

async function refuseOther(target: string, kind: ExportTarget['kind'], force: boolean): Promise<void> {
  const found = await lstat(target).catch(() => null);
  if (found === null) return;
  if (!force)
    throw new DataError(
      `${target}: expected a place with nothing in it, got a ${found.isDirectory() ? 'folder' : 'file'}. Choose another with --out, or replace it with --force.`,
    );
  if (kind === 'file' && found.isFile()) return;
  const names = found.isDirectory() ? await readdir(target) : [];
  const foreign = names.find((name) => !OWN_FILES.test(name));
  if (kind === 'folder' && found.isDirectory() && foreign === undefined) return;
  throw new DataError(
    `${target}: expected ${kind === 'file' ? 'a file' : 'a folder with nothing but an export'} to replace, got ${foreign === undefined ? (found.isDirectory() ? 'a folder' : 'something else') : `one with ${foreign}`}. Choose another place with --out.`,
  );
}

/** @returns how many bytes were written */
async function writeWhole(path: string, content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<number> {
  const file = await open(path, 'wx');
  let bytes = 0;
  try {
    for await (const piece of content) {
      await file.writeFile(piece);
      bytes += piece.length;
    }
    await file.sync();
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : null;
    if (code === null) throw cause;
    throw new DataError(
      `${path}: expected room to write, got ${code} after ${bytes} bytes. Nothing was kept; free some space or choose another place with --out.`,
      {
        cause,
      },
    );
  } finally {
    await file.close();
  }
  return bytes;
}
