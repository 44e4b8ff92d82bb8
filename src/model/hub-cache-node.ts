/**
 * Hugging Face's cache on disk, laid out as its own tools lay it out, so that a model downloaded by one is found by the other.
 *
 *   models--org--name/blobs/<etag>                  the bytes
 *   models--org--name/snapshots/<commit>/<file>     links to them
 *   models--org--name/refs/<revision>               the commit a branch or tag stood at
 */

import { copyFile, lstat, mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { DataError } from '../base/errors.ts';

export interface HubCache {
  /** Of one model. */
  readonly folder: string;
  blob(etag: string): string;
  snapshot(commit: string): string;
  /** The commit a revision stood at when it was last asked for; a commit stands for itself. */
  commitOf(revision: string): Promise<string | undefined>;
  remember(revision: string, commit: string): Promise<void>;
  /** Puts a finished blob into a snapshot under a file's name. */
  link(etag: string, commit: string, file: string): Promise<void>;
  has(commit: string, file: string): Promise<boolean>;
}

/** Where the cache lies, as Hugging Face's tools find it. */
export function hubCacheRoot(environment: Readonly<Record<string, string | undefined>>): string {
  const home = environment['HF_HOME'] ?? join(environment['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'huggingface');
  return environment['HF_HUB_CACHE'] ?? environment['HUGGINGFACE_HUB_CACHE'] ?? join(home, 'hub');
}

export function openHubCache(root: string, id: string): HubCache {
  const folder = join(root, `models--${id.replaceAll('/', '--')}`);
  const blob = (etag: string): string => join(folder, 'blobs', etag);
  const snapshot = (commit: string): string => join(folder, 'snapshots', commit);
  return {
    folder,
    blob,
    snapshot,
    async commitOf(revision) {
      if (isCommit(revision)) return revision;
      const text = await readFile(join(folder, 'refs', safePath(revision)), 'utf8').catch(() => undefined);
      const commit = text?.trim();
      return commit !== undefined && isCommit(commit) ? commit : undefined;
    },
    async remember(revision, commit) {
      if (revision === commit) return;
      const file = join(folder, 'refs', safePath(revision));
      await mkdir(dirname(file), { recursive: true });
      const fresh = `${file}.${process.pid}.new`;
      await writeFile(fresh, commit);
      await rename(fresh, file);
    },
    async link(etag, commit, file) {
      const place = join(snapshot(commit), safePath(file));
      await mkdir(dirname(place), { recursive: true });
      const isThere = await lstat(place).then(
        () => true,
        () => false,
      );
      if (isThere) await rm(place);
      // Where links need rights that a person lacks, a copy does.
      await symlink(relative(dirname(place), blob(etag)), place).catch(() => copyFile(blob(etag), place));
    },
    has: (commit, file) =>
      stat(join(snapshot(commit), safePath(file))).then(
        (found) => found.isFile(),
        () => false,
      ),
  };
}

export function isCommit(text: string): boolean {
  return /^[0-9a-f]{40}$/.test(text);
}

/** A path of the hub as one below a folder of ours. @throws DataError if it would lead out of it */
export function safePath(path: string): string {
  const parts = path.split('/');
  if (!/[\\:\0]/.test(path) && parts.every((part) => part !== '' && part !== '.' && part !== '..')) return join(...parts);
  throw new DataError(`hub: expected the name of a file below its folder, got ${JSON.stringify(path.slice(0, 80))}. Take another model, or tell its owner.`);
}
