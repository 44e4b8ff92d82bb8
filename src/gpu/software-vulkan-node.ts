/**
 * SwiftShader, a Vulkan driver for CPUs, out of the npm package `@sparticuz/chromium`: no root, nothing to install by hand.
 *
 * Its archive also has a Vulkan loader, which serves the system's own drivers where the system has no loader.
 */

import { createHash } from 'node:crypto';
import { copyFileSync, linkSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { untar } from './untar-node.ts';
import { unpackForUser } from './user-cache-node.ts';

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
  const folder = unpackForUser(key, [...WANTED, 'dawn.node'], (target) => fillFolder(target, packed, dawn));
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
