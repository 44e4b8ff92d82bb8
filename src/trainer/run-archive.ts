/** A run on its way to another place: copied file by file, or as one zip. The tree is the same everywhere, so any runtime goes on with it. */

import { DataError } from '../base/errors.ts';
import type { RunStore } from './run-store.ts';

/** Every file of a store, as paths; those of a checkpoint end with its manifest, so that a copy cut short is none. */
export async function filesOf(store: RunStore, folder = ''): Promise<string[]> {
  const entries = await store.list(folder);
  const isLast = (name: string): boolean => name === 'manifest.json' || name === 'latest';
  const ordered = [...entries.filter(({ name }) => !isLast(name)), ...entries.filter(({ name }) => isLast(name))];
  const paths: string[] = [];
  for (const { name, kind } of ordered) {
    const path = folder === '' ? name : `${folder}/${name}`;
    if (isPassing(name)) continue;
    if (kind === 'file') paths.push(path);
    else paths.push(...(await filesOf(store, path)));
  }
  return paths;
}

/** Copies a whole run. Files that are there already are replaced; others stay. */
export async function copyRun(from: RunStore, to: RunStore): Promise<void> {
  for (const path of await filesOf(from)) await to.write(path, await from.read(path));
}

/** The parts of a zip of a whole run, stored uncompressed: weights do not shrink. */
export async function* zipRun(store: RunStore): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const { Zip, ZipPassThrough } = await import('fflate');
  let ready: Uint8Array<ArrayBuffer>[] = [];
  const zip = new Zip((error, part) => {
    if (error) throw new DataError(`${store.place}: expected to pack the run, got ${error.message}.`, { cause: error });
    ready.push(part.slice());
  });
  for (const path of await filesOf(store)) {
    const file = new ZipPassThrough(path);
    file.mtime = new Date(1980, 0, 2); // the same run gives the same zip
    zip.add(file);
    file.push(await store.read(path), true);
    yield* ready;
    ready = [];
  }
  zip.end();
  yield* ready;
}

/**
 * Writes the run that a zip holds into a store; a folder that all its files lie in is left out of their paths.
 *
 * @throws DataError if it is no zip, is torn, or holds no run
 */
export async function unzipRun(bytes: Uint8Array, store: RunStore): Promise<void> {
  const { unzipSync } = await import('fflate');
  let files: Readonly<Record<string, Uint8Array>>;
  try {
    files = unzipSync(bytes);
  } catch (cause) {
    throw new DataError(`zip: expected one that can be read, got ${cause instanceof Error ? cause.message : String(cause)}. Save the run again.`, { cause });
  }
  await writeRun(new Map(Object.entries(files).map(([path, content]) => [path, () => Promise.resolve(content)])), store);
}

/** Writes the run that a person chose as a folder (`<input webkitdirectory>`) into a store. */
export async function writeChosenRun(chosen: readonly File[], store: RunStore): Promise<void> {
  const read = (file: File) => async () => new Uint8Array(await file.arrayBuffer());
  await writeRun(new Map(chosen.map((file) => [file.webkitRelativePath || file.name, read(file)])), store);
}

async function writeRun(files: ReadonlyMap<string, () => Promise<Uint8Array>>, store: RunStore): Promise<void> {
  const paths = [...files.keys()].filter((path) => !path.endsWith('/'));
  const wrong = paths.find((path) => path.startsWith('/') || path.includes('\\') || path.split('/').includes('..'));
  if (wrong !== undefined)
    throw new DataError(`${wrong}: expected a path inside the run's folder, got one that leads out of it. This is not the archive of a run.`);
  const described = paths.filter((path) => /(^|\/)config\.resolved\.yaml$/.test(path)).sort((a, b) => a.length - b.length)[0];
  if (described === undefined)
    throw new DataError(
      `the chosen files: expected a run with its config.resolved.yaml, got ${paths.length} files without. Choose the folder or zip of one run.`,
    );
  const top = described.slice(0, -'config.resolved.yaml'.length);
  const inside = paths.filter((path) => path.startsWith(top) && !path.slice(top.length).split('/').some(isPassing));
  const isLast = (path: string): boolean => /(^|\/)(manifest\.json|latest)$/.test(path);
  for (const path of [...inside.filter((path) => !isLast(path)), ...inside.filter(isLast)]) await store.write(path.slice(top.length), await files.get(path)!());
}

/** Locks and unfinished saves belong to the place, not to the run. */
function isPassing(name: string): boolean {
  return name.startsWith('.');
}
