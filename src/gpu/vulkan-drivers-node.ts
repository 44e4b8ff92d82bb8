/** Which Vulkan drivers this system has, from their manifests, without loading any. */

import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

/** NVIDIA's manifest where hosts of containers put it, out of the loader's sight. */
const UNLISTED = ['/usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json', '/usr/local/nvidia/vulkan/icd.d/nvidia_icd.json'];

/** Manifests of drivers that the Vulkan loader does not find by itself. */
export function unlistedManifests(): readonly string[] {
  return process.platform === 'linux' ? UNLISTED.filter((path) => existsSync(path)) : [];
}

/** Whether the loader will find any driver: where it finds none, Dawn prints warnings that mean nothing to its user. */
export function hasListedDrivers(): boolean {
  if (process.platform !== 'linux') return true;
  const { env } = process;
  const named = [env.VK_DRIVER_FILES, env.VK_ICD_FILENAMES, env.VK_ADD_DRIVER_FILES].find(Boolean);
  if (named) return named.split(delimiter).some((path) => existsSync(path));
  const data = env.XDG_DATA_DIRS ?? '/usr/local/share:/usr/share';
  const config = env.XDG_CONFIG_DIRS ?? '/etc/xdg';
  const homes = [env.XDG_DATA_HOME ?? join(homedir(), '.local/share'), env.XDG_CONFIG_HOME ?? join(homedir(), '.config')];
  const roots = ['/etc', '/usr/local/etc', '/usr/local/share', '/usr/share', ...homes, ...config.split(':'), ...data.split(':')];
  return roots.some((root) => hasManifest(join(root, 'vulkan/icd.d')));
}

function hasManifest(folder: string): boolean {
  try {
    return readdirSync(folder).some((name) => name.endsWith('.json'));
  } catch {
    return false;
  }
}
