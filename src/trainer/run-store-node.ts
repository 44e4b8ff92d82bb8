/**
 * A run store on disk.
 *
 * Appends reach the operating system before they resolve (a killed process loses nothing); `write`, `rename`, `truncate` and `sync`
 * reach the disk (a power cut loses nothing either).
 */

import { mkdir, open, readdir, readFile, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { DataError } from '../base/errors.ts';
import { partsOf, type RunStore, type StoreEntry } from './run-store.ts';

/** A store in the given folder, which is made when something is first written. */
export function nodeStore(folder: string): RunStore {
  const root = resolve(folder);
  const at = (path: string) => join(root, path);

  return {
    place: root,
    append: (path, text) =>
      told('append', at(path), async (file) => {
        await mkdir(dirname(file), { recursive: true });
        await withFile(file, 'a', (handle) => handle.appendFile(text));
      }),
    write: (path, content) =>
      told('write', at(path), async (file) => {
        await mkdir(dirname(file), { recursive: true });
        const temporary = `${file}.${process.pid}.tmp`;
        try {
          await withFile(temporary, 'w', async (handle) => {
            for await (const part of partsOf(content)) await handle.writeFile(part);
            await handle.sync();
          });
          await rename(temporary, file);
        } catch (error) {
          await rm(temporary, { force: true });
          throw error;
        }
        await syncFolder(dirname(file));
      }),
    read: (path) => told('read', at(path), (file) => readFile(file)),
    size: (path) => told('look at', at(path), async (file) => (await stat(file).catch(absent))?.size),
    truncate: (path, bytes) =>
      told('shorten', at(path), (file) =>
        withFile(file, 'r+', async (handle) => {
          await handle.truncate(bytes);
          await handle.sync();
        }),
      ),
    list: (path) =>
      told('list', at(path), async (file) => {
        const entries = (await readdir(file, { withFileTypes: true }).catch(absent)) ?? [];
        const listed = await Promise.all(entries.map((entry) => entryOf(file, entry.name, entry.isDirectory())));
        return listed.sort((a, b) => (a.name < b.name ? -1 : 1));
      }),
    remove: (path) => told('remove', at(path), (file) => rm(file, { recursive: true, force: true })),
    rename: (from, to) =>
      told('rename', at(from), async (file) => {
        if (await stat(at(to)).catch(absent)) throw new DataError(`${at(to)}: expected a free path, got a file.`);
        await mkdir(dirname(at(to)), { recursive: true });
        await rename(file, at(to));
        await syncFolder(dirname(at(to)));
      }),
    sync: (path) => told('sync', at(path), (file) => withFile(file, 'r+', (handle) => handle.sync())),
    freeBytes: () =>
      told('look at', root, async (file) => {
        const space = await statfs(file).catch(absent);
        return space && space.bavail * space.bsize;
      }),
  };
}

type FileHandle = Awaited<ReturnType<typeof open>>;

async function withFile<T>(file: string, flags: string, use: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await open(file, flags);
  try {
    return await use(handle);
  } finally {
    await handle.close();
  }
}

async function entryOf(folder: string, name: string, isFolder: boolean): Promise<StoreEntry> {
  return isFolder ? { name, kind: 'folder', bytes: 0 } : { name, kind: 'file', bytes: (await stat(join(folder, name))).size };
}

/** Makes a rename durable. Windows cannot open folders; its renames are journalled. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform !== 'win32') await withFile(folder, 'r', (handle) => handle.sync());
}

function absent(error: unknown): undefined {
  if (codeOf(error) !== 'ENOENT') throw error;
}

/** Turns what the file system answers into an error that says what to do. */
async function told<T>(action: string, file: string, work: (file: string) => Promise<T>): Promise<T> {
  try {
    return await work(file);
  } catch (error) {
    if (error instanceof DataError || !(error instanceof Error)) throw error;
    throw new DataError(`${file}: expected to ${action} it, got ${reasonOf(error)}`, { cause: error });
  }
}

function reasonOf(error: Error): string {
  const code = codeOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'a full disk. Everything written before is intact: free some space and run the same command again.';
  if (code === 'ENOENT') return 'no such file.';
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return 'no permission. Check the owner of the folder, or set run.dir to another.';
  return `${error.message}.`;
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
