/** A run store in memory: for tests, and for pages that save nothing. */

import { DataError } from '../base/errors.ts';
import { partsOf, type RunStore, type StoreEntry } from './run-store.ts';

/** A store that is gone when the process ends. */
export function memoryStore(place = 'memory'): RunStore {
  const files = new Map<string, Uint8Array>();

  const contentOf = (path: string): Uint8Array => {
    const content = files.get(path);
    if (!content) throw new DataError(`${path}: expected a file, got nothing.`);
    return content;
  };
  const below = (folder: string) => [...files.keys()].filter((path) => folder === '' || path.startsWith(`${folder}/`));

  return {
    place,
    async append(path, text) {
      files.set(path, joined([files.get(path) ?? new Uint8Array(), new TextEncoder().encode(text)]));
    },
    async write(path, content) {
      const parts: Uint8Array[] = [];
      for await (const part of partsOf(content)) parts.push(part);
      files.set(path, joined(parts));
    },
    read: async (path) => contentOf(path).slice(),
    size: async (path) => files.get(path)?.length,
    async truncate(path, bytes) {
      files.set(path, contentOf(path).slice(0, bytes));
    },
    async list(folder) {
      const entries = new Map<string, StoreEntry>();
      for (const path of below(folder)) {
        const [name, ...rest] = path.slice(folder === '' ? 0 : folder.length + 1).split('/');
        entries.set(name!, rest.length > 0 ? { name: name!, kind: 'folder', bytes: 0 } : { name: name!, kind: 'file', bytes: contentOf(path).length });
      }
      return [...entries.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    async remove(path) {
      for (const file of [path, ...below(path)]) files.delete(file);
    },
    async rename(from, to) {
      if (files.has(to) || below(to).length > 0) throw new DataError(`${to}: expected a free path, got a file.`);
      for (const file of [from, ...below(from)].filter((path) => files.has(path))) {
        files.set(to + file.slice(from.length), contentOf(file));
        files.delete(file);
      }
    },
    sync: () => Promise.resolve(),
    freeBytes: () => Promise.resolve(undefined),
  };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
