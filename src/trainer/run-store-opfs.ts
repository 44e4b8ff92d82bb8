/**
 * A run store in the browser's private file system of the page's origin, with the same tree as on disk.
 *
 * `write` fills a file beside and swaps it in when it is whole. Folders cannot be renamed there, so their files are moved one by
 * one, a manifest last: a folder without its manifest is no checkpoint, whenever the tab is closed.
 */

import { DataError } from '../base/errors.ts';
import { appendText, copyInto, type FileHandle, type FolderHandle, replaceContent, truncateFile } from './opfs-files.ts';
import { type RunStore, type StoreEntry } from './run-store.ts';

/**
 * Opens a store below a folder of the origin's private file system; the folder is made when something is first written.
 *
 * @throws DataError where the browser refuses its storage
 */
export async function openOpfsStore(folder: string): Promise<RunStore> {
  const root = await told('open', 'browser storage', () => navigator.storage.getDirectory());
  return handleStore(root, `browser storage: ${folder || '/'}`, folder);
}

/** A store in a folder that the browser gave a handle of: its private file system, or a folder on disk that a person chose. */
export function handleStore(root: FolderHandle, place: string, folder = ''): RunStore {
  const full = (path: string) => partsOf(`${folder}/${path}`);
  const named = (path: string) => (path === '' ? place : `${place}/${path}`);

  return {
    place,
    append: (path, text) => told('append', named(path), async () => appendText(await fileAt(root, full(path), true), text)),
    write: (path, content) =>
      told('write', named(path), async () => {
        const parts = full(path);
        const isNew = (await found(() => fileAt(root, parts, false))) === undefined;
        try {
          await replaceContent(await fileAt(root, parts, true), content);
        } catch (error) {
          if (isNew) await removeAt(root, parts).catch(() => undefined);
          throw error;
        }
      }),
    read: (path) => told('read', named(path), async () => new Uint8Array(await (await (await fileAt(root, full(path), false)).getFile()).arrayBuffer())),
    size: (path) => told('look at', named(path), async () => (await (await found(() => fileAt(root, full(path), false)))?.getFile())?.size),
    truncate: (path, bytes) => told('shorten', named(path), async () => truncateFile(await fileAt(root, full(path), false), bytes)),
    list: (path) => told('list', named(path), async () => entriesOf(await found(() => folderAt(root, full(path), false)))),
    remove: (path) => told('remove', named(path), () => removeAt(root, full(path))),
    rename: (from, to) => told('rename', named(from), () => renameAt(root, full(from), full(to), named(to))),
    sync: () => Promise.resolve(), // each write has ended with a flush
    async freeBytes() {
      const { quota, usage } = await navigator.storage.estimate();
      return quota === undefined ? undefined : Math.max(0, quota - (usage ?? 0));
    },
  };
}

function partsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '');
}

async function folderAt(root: FolderHandle, parts: readonly string[], create: boolean): Promise<FolderHandle> {
  let folder = root;
  for (const part of parts) folder = await folder.getDirectoryHandle(part, { create });
  return folder;
}

async function fileAt(root: FolderHandle, parts: readonly string[], create: boolean): Promise<FileHandle> {
  const folder = await folderAt(root, parts.slice(0, -1), create);
  return folder.getFileHandle(parts.at(-1)!, { create });
}

async function entriesOf(folder: FolderHandle | undefined): Promise<StoreEntry[]> {
  const entries: StoreEntry[] = [];
  for await (const [name, handle] of folder?.entries() ?? []) {
    if (handle.kind === 'directory') entries.push({ name, kind: 'folder', bytes: 0 });
    else entries.push({ name, kind: 'file', bytes: (await handle.getFile()).size });
  }
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function removeAt(root: FolderHandle, parts: readonly string[]): Promise<void> {
  const parent = await found(() => folderAt(root, parts.slice(0, -1), false));
  const name = parts.at(-1);
  if (name !== undefined) await found(async () => parent?.removeEntry(name, { recursive: true }));
}

async function renameAt(root: FolderHandle, from: readonly string[], to: readonly string[], place: string): Promise<void> {
  const isTaken = (await found(() => fileAt(root, to, false))) ?? (await found(() => folderAt(root, to, false)));
  if (isTaken) throw new DataError(`${place}: expected a free path, got a file.`);
  const file = await found(() => fileAt(root, from, false));
  if (file) await copyInto(file, await folderAt(root, to.slice(0, -1), true), to.at(-1)!);
  else await copyFolder(await folderAt(root, from, false), await folderAt(root, to, true));
  await removeAt(root, from);
}

/** The manifest goes last: until it is there, what was copied is no checkpoint. */
async function copyFolder(from: FolderHandle, to: FolderHandle): Promise<void> {
  const entries: [string, FolderHandle | FileSystemFileHandle][] = [];
  for await (const entry of from.entries()) entries.push(entry);
  const isManifest = ([name]: [string, unknown]): boolean => name === 'manifest.json';
  for (const [name, handle] of [...entries.filter((entry) => !isManifest(entry)), ...entries.filter(isManifest)]) {
    if (handle.kind === 'directory') await copyFolder(handle, await to.getDirectoryHandle(name, { create: true }));
    else await copyInto(handle, to, name);
  }
}

/** What the work finds, or undefined where there is nothing of that name and kind. */
async function found<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (nameOf(error) === 'NotFoundError' || nameOf(error) === 'TypeMismatchError') return undefined;
    throw error;
  }
}

/** Turns what the browser answers into an error that says what to do. */
async function told<T>(action: string, place: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DataError || !(error instanceof Error)) throw error;
    throw new DataError(`${place}: expected to ${action} it, got ${reasonOf(error)}`, { cause: error });
  }
}

function reasonOf(error: Error): string {
  switch (error.name) {
    case 'QuotaExceededError':
      return 'a full storage. Everything saved before is intact: remove old runs or free space on the disk, and start the same run again.';
    case 'NotFoundError':
      return 'no such file.';
    case 'NoModificationAllowedError':
      return 'a file that another tab has open. Close the other tab, and start the same run again.';
    case 'SecurityError':
    case 'NotAllowedError':
      return 'a refusal. The browser keeps its storage from this page (a private window, or blocked site data): allow site data, or train without saving.';
    default:
      return `${error.message} (${error.name}).`;
  }
}

function nameOf(error: unknown): string | undefined {
  return error instanceof Error ? error.name : undefined;
}
