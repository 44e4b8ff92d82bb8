/** The browser's storage, as tests look at it and fill it: text where they read, base64 where they carry. */

import { handleStore, openOpfsStore, type RunStore, unzipRun, writeChosenRun, zipRun } from '../../../src/browser.ts';
import { checkStore } from '../store-contract.ts';

export const storage = {
  async tree(folder: string): Promise<Record<string, number>> {
    const store = await openOpfsStore(folder);
    const sizes: Record<string, number> = {};
    const walk = async (path: string): Promise<void> => {
      for (const { name, kind, bytes } of await store.list(path)) {
        const below = path === '' ? name : `${path}/${name}`;
        if (kind === 'folder') await walk(below);
        else sizes[below] = bytes;
      }
    };
    await walk('');
    return sizes;
  },
  async text(path: string): Promise<string | null> {
    const store = await openOpfsStore('');
    return (await store.size(path)) === undefined ? null : new TextDecoder().decode(await store.read(path));
  },
  async base64(path: string): Promise<string> {
    return encode(await (await openOpfsStore('')).read(path));
  },
  async write(path: string, content: string): Promise<void> {
    await (await openOpfsStore('')).write(path, content);
  },
  async remove(path: string): Promise<void> {
    await (await openOpfsStore('')).remove(path);
  },
  async zip(folder: string): Promise<string> {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    for await (const part of zipRun(await openOpfsStore(folder))) parts.push(part);
    return encode(new Uint8Array(await new Blob(parts).arrayBuffer()));
  },
  async unzip(base64: string, folder: string): Promise<void> {
    await unzipRun(decode(base64), await openOpfsStore(folder));
  },
  /** As if a person had chosen these files as one folder. */
  async takeFolder(files: Readonly<Record<string, string>>, folder: string): Promise<void> {
    const chosen = Object.entries(files).map(([path, base64]) => {
      const file = new File([decode(base64)], path.split('/').at(-1)!);
      return Object.defineProperty(file, 'webkitRelativePath', { value: `run/${path}` });
    });
    await writeChosenRun(chosen, await openOpfsStore(folder));
  },
  /** The contract of a store, through the page's handles and through a chosen folder's. */
  async checkInPage(): Promise<string[]> {
    const chosen: RunStore = handleStore(await navigator.storage.getDirectory(), 'a chosen folder', 'chosen');
    return [...(await checkStore(await openOpfsStore('contract-page'))), ...(await checkStore(chosen))];
  },
  checkInWorker(): Promise<string[]> {
    const worker = new Worker(new URL('./store-worker.ts', import.meta.url), { type: 'module' });
    return new Promise((resolve, reject) => {
      worker.addEventListener('message', ({ data }: MessageEvent<string[]>) => resolve(data));
      worker.addEventListener('error', ({ message }) => reject(new Error(message)));
    });
  },
};

function encode(bytes: Uint8Array): string {
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; at += 32_768) pieces.push(String.fromCharCode(...bytes.subarray(at, at + 32_768)));
  return btoa(pieces.join(''));
}

function decode(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
