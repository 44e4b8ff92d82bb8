/** Files as a page has them, by path: those a person chose, those of the browser's private storage, and those behind a URL. */

import { DataError } from '../base/errors.ts';

/** What a worker needs to find files; it can be posted to it as it is. */
export interface PageFilesOptions {
  /** Paths that are not found elsewhere are relative to this URL: the page's own, mostly. */
  readonly baseUrl: string;
  /** Files a person chose, by the path that the recipe calls them: `my-model/config.json`, `prompts.jsonl`. */
  readonly chosen?: ReadonlyMap<string, Blob>;
  /** Names of all files of folders, by the path that recipes call the folder; nothing else is asked of these. Of other folders the server is asked. */
  readonly folders?: ReadonlyMap<string, readonly string[]>;
}

export interface PageFiles {
  /** The file's bytes, which may still lie on disk; undefined where there is no such file. */
  find(path: string): Promise<Blob | undefined>;
  /** The parsed file; undefined where there is none. */
  json(path: string): Promise<unknown>;
}

/** Paths that begin so lie in the browser's private storage, below the run folders' root. */
export const STORED = 'opfs:';

/** Finds files; what was found once is not fetched again. */
export function pageFiles({ baseUrl, chosen = new Map(), folders = new Map() }: PageFilesOptions): PageFiles {
  const known = new Map<string, Promise<Blob | undefined>>();
  const look = (path: string): Promise<Blob | undefined> => {
    if (path.startsWith(STORED)) return storedFile(path.slice(STORED.length));
    const cut = path.lastIndexOf('/');
    const names = folders.get(path.slice(0, cut));
    if (names && !names.includes(path.slice(cut + 1))) return Promise.resolve(undefined);
    return fetchFile(new URL(path, baseUrl).href);
  };
  const find = (path: string): Promise<Blob | undefined> => {
    const given = chosen.get(path);
    if (given) return Promise.resolve(given);
    const found = known.get(path) ?? look(path);
    known.set(path, found);
    return found;
  };
  return {
    find,
    async json(path) {
      const text = await (await find(path))?.text();
      return text === undefined ? undefined : parseJson(text, path);
    },
  };
}

async function storedFile(path: string): Promise<Blob | undefined> {
  const parts = path.split('/').filter((part) => part !== '');
  try {
    let folder = await navigator.storage.getDirectory();
    for (const part of parts.slice(0, -1)) folder = await folder.getDirectoryHandle(part);
    return await (await folder.getFileHandle(parts.at(-1) ?? '')).getFile();
  } catch (error) {
    if (error instanceof Error && (error.name === 'NotFoundError' || error.name === 'TypeMismatchError')) return undefined;
    throw new DataError(`${STORED}${path}: expected a file of the browser's storage, got ${String(error)}. Allow this page to keep site data.`, {
      cause: error,
    });
  }
}

/** A page in place of a file is how many servers say that there is none. */
async function fetchFile(url: string): Promise<Blob | undefined> {
  try {
    const response = await fetch(url);
    if (response.status === 404 || response.headers.get('content-type')?.startsWith('text/html')) return undefined;
    if (!response.ok) throw new Error(`status ${response.status}`);
    return await response.blob();
  } catch (cause) {
    throw new DataError(
      `${url}: expected a file that loads, got ${cause instanceof Error ? cause.message : String(cause)}. Check the connection, and that the server allows this page to read it (CORS).`,
      { cause },
    );
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new DataError(`${path}: expected JSON, got ${JSON.stringify(text.slice(0, 40))}. The file is damaged; fetch it again.`, { cause });
  }
}
