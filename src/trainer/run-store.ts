/**
 * A folder of files, wherever it lives: on disk, in the browser's private file system, in memory.
 * Paths are relative to the folder and use `/`. Everything a run keeps goes through here.
 */

/** Text, bytes, or bytes in parts (a checkpoint larger than memory should hold twice). */
export type FileContent = string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

export interface StoreEntry {
  /** Name inside the listed folder. */
  readonly name: string;
  readonly kind: 'file' | 'folder';
  /** 0 for a folder. */
  readonly bytes: number;
}

/** Where the files of a run are: a folder on disk, a page’s storage, or memory. */
export interface RunStore {
  /** For people: where this is. */
  readonly place: string;
  /** Adds text at the end of a file in one write, making file and folders as needed. It survives a killed process; `sync` makes it survive a power cut. */
  append(path: string, text: string): Promise<void>;
  /** Replaces a file as a whole: after a crash it is the old one or the new one. Durable when it resolves. */
  write(path: string, content: FileContent): Promise<void>;
  /** @throws DataError when there is no such file */
  read(path: string): Promise<Uint8Array>;
  /** Bytes of a file, or undefined where there is none. */
  size(path: string): Promise<number | undefined>;
  /** Shortens a file. Durable when it resolves. */
  truncate(path: string, bytes: number): Promise<void>;
  /** What a folder holds, sorted by name; empty where there is no such folder. */
  list(folder: string): Promise<StoreEntry[]>;
  /** Removes a file, or a folder with all it holds; nothing happens where there is neither. */
  remove(path: string): Promise<void>;
  /** Moves a file or folder to a path that is free. Durable when it resolves. */
  rename(from: string, to: string): Promise<void>;
  /** Makes earlier appends to a file durable. */
  sync(path: string): Promise<void>;
  /** Bytes that can still be written, where that can be told. */
  freeBytes(): Promise<number | undefined>;
}

/** A file's text, or undefined where there is none. */
export async function readText(store: RunStore, path: string): Promise<string | undefined> {
  return (await store.size(path)) === undefined ? undefined : new TextDecoder().decode(await store.read(path));
}

/** The parts of a content, in order. */
export async function* partsOf(content: FileContent): AsyncGenerator<Uint8Array> {
  if (typeof content === 'string') yield new TextEncoder().encode(content);
  else if (content instanceof Uint8Array) yield content;
  else yield* content;
}
