/**
 * SwiftShader, a Vulkan driver for CPUs, out of the npm package `@sparticuz/chromium`: no root, nothing to install by hand.
 *
 * Its archive also has a Vulkan loader, which serves the system's own drivers where the system has no loader.
 */

import { createHash } from 'node:crypto';
import { copyFileSync, linkSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync, type Stats } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir, tmpdir } from 'node:os';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { untar } from './untar-node.ts';

/** The package and version that hold the driver. */
export const softwareVulkanPackage = '@sparticuz/chromium@147.0.0';

export interface SoftwareVulkan {
  /** What the Vulkan loader reads to find SwiftShader. */
  readonly manifest: string;
  /** Dawn's binding beside the archive's Vulkan loader, which is where Dawn looks first. */
  readonly dawn: string;
}

const WANTED = ['libvulkan.so.1', 'libvk_swiftshader.so', 'vk_swiftshader_icd.json'];

/**
 * Unpacks the driver into this user's cache, unless it is there, and says where it lies.
 *
 * Processes that start together each unpack beside the final folder and rename; the first wins and the others use its work.
 *
 * @param dawn    the binding of the `webgpu` package
 * @param version of the `webgpu` package
 * @returns       undefined where the driver's package is missing or not made for this platform
 * @throws DataError if the archive is torn
 */
export function unpackSoftwareVulkan(dawn: string, version: string): SoftwareVulkan | undefined {
  const archive = process.platform === 'linux' && process.arch === 'x64' ? findArchive() : undefined;
  if (!archive) return undefined;
  const packed = readFileSync(archive);
  const key = `${version}-${createHash('sha256').update(packed).digest('hex').slice(0, 16)}`;
  const fill = (folder: string): void => fillFolder(folder, packed, dawn);
  const folder = unpackIntoCache(key, fill) ?? unpackIntoPrivateFolder(fill);
  return { manifest: join(folder, 'vk_swiftshader_icd.json'), dawn: join(folder, 'dawn.node') };
}

function findArchive(): string | undefined {
  try {
    const entry = createRequire(import.meta.url).resolve('@sparticuz/chromium');
    return join(dirname(entry), '..', '..', 'bin', 'swiftshader.tar.br');
  } catch {
    return undefined;
  }
}

function fillFolder(folder: string, packed: Uint8Array, dawn: string): void {
  for (const { name, bytes } of untar(brotliDecompressSync(packed))) {
    if (WANTED.includes(name)) writeFileSync(join(folder, name), bytes, { mode: 0o700 });
  }
  const beside = join(folder, 'dawn.node');
  try {
    linkSync(dawn, beside);
  } catch {
    copyFileSync(dawn, beside);
  }
}

/** Returns undefined where the cache cannot be written, or where others than this user could write to it. */
function unpackIntoCache(key: string, fill: (folder: string) => void): string | undefined {
  const { XDG_CACHE_HOME: home = '' } = process.env;
  const root = join(isAbsolute(home) ? home : join(homedir(), '.cache'), 'entrain');
  const folder = join(root, key);
  if (isOurs(root) && isWhole(folder)) return folder;
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
    return moveInto(folder, partial) ? folder : undefined;
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

function moveInto(folder: string, partial: string): boolean {
  for (const attempt of [1, 2]) {
    try {
      renameSync(partial, folder);
      return true;
    } catch {
      if (isWhole(folder)) return true;
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

function isWhole(folder: string): boolean {
  return isOurs(folder) && [...WANTED, 'dawn.node'].every((name) => statusOf(join(folder, name))?.isFile());
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
