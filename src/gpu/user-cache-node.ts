/**
 * Files unpacked once for this user and used by every process after that: drivers, browsers for tests.
 *
 * What lies there is run as a program, so a folder that others could write to is never used.
 */

import { lstatSync, mkdirSync, mkdtempSync, renameSync, rmSync, type Stats } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { basename, dirname, isAbsolute, join } from 'node:path';

/**
 * Returns a folder that holds what `fill` puts there: in the user's cache, or for this process alone where that cannot be written.
 *
 * Processes that start together each fill a folder beside the final one and rename it; the first wins and the others use its work.
 *
 * @param key    names the content; another content needs another key
 * @param wanted files that must be there for a folder to count as whole
 */
export function unpackForUser(key: string, wanted: readonly string[], fill: (folder: string) => void): string {
  return unpackIntoCache(key, wanted, fill) ?? unpackIntoPrivateFolder(fill);
}

/** Returns undefined where the cache cannot be written, or where others than this user could write to it. */
function unpackIntoCache(key: string, wanted: readonly string[], fill: (folder: string) => void): string | undefined {
  const { XDG_CACHE_HOME: home = '' } = process.env;
  const root = join(isAbsolute(home) ? home : join(homedir(), '.cache'), 'entrain');
  const folder = join(root, key);
  if (isOurs(root) && isWhole(folder, wanted)) return folder;
  let partial: string;
  try {
    makeFolder(dirname(root));
    makeFolder(root);
    if (!isOurs(root)) return undefined;
    partial = mkdtempSync(join(root, '.partial-'));
  } catch {
    return undefined;
  }
  try {
    fill(partial);
    return moveInto(folder, partial, wanted) ? folder : undefined;
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

/** Not `recursive`: Node 20 never returns from that below a folder like /proc. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch {
    // It is there, or what is made in it next fails.
  }
}

function moveInto(folder: string, partial: string, wanted: readonly string[]): boolean {
  for (const attempt of [1, 2]) {
    try {
      renameSync(partial, folder);
      return true;
    } catch {
      if (isWhole(folder, wanted)) return true;
      if (attempt === 1) setAside(folder);
    }
  }
  return false;
}

/** Moves a folder that lost some of its files out of the way; another process may do the same. */
function setAside(folder: string): void {
  const aside = join(dirname(folder), `.broken-${process.pid}-${basename(folder)}`);
  try {
    renameSync(folder, aside);
  } catch {
    return;
  }
  rmSync(aside, { recursive: true, force: true });
}

/** A folder only this user can enter, gone with the process. */
function unpackIntoPrivateFolder(fill: (folder: string) => void): string {
  const folder = mkdtempSync(join(tmpdir(), 'entrain-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  fill(folder);
  return folder;
}

function isWhole(folder: string, wanted: readonly string[]): boolean {
  return isOurs(folder) && wanted.every((name) => statusOf(join(folder, name))?.isFile());
}

/** Whether a folder belongs to this user and nobody else can write to it. */
function isOurs(folder: string): boolean {
  const found = statusOf(folder);
  return found !== undefined && found.isDirectory() && found.uid === process.geteuid?.() && (found.mode & 0o022) === 0;
}

function statusOf(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}
