/** Loads Dawn, through the `webgpu` package, with a Vulkan loader to talk to even where the system has none. */

import { existsSync, readFileSync } from 'node:fs';
import { createRequire, Module } from 'node:module';
import { dirname, join } from 'node:path';
import { DeviceError } from '../base/errors.ts';
import { unpackSoftwareVulkan, type SoftwareVulkan } from './software-vulkan-node.ts';

declare global {
  /** Dawn aborts or hangs once a GPU object is collected while its devices live, so none ever is. */
  var entrainKeptGpus: GPU[] | undefined;
}

export interface Dawn {
  readonly version: string;
  /** Offers the system's adapters, or only those of one driver's manifest; the flags are Dawn's. */
  adapter(flags: readonly string[], manifest?: string): Promise<{ readonly gpu: GPU; readonly adapter: GPUAdapter | null }>;
  /** Unpacks the driver for CPUs; undefined where there is none for this platform or its package is not installed. */
  softwareVulkan(): SoftwareVulkan | undefined;
}

/**
 * Loads Dawn's binding and puts the constants of WebGPU (`GPUBufferUsage`, …) on `globalThis` where they are absent.
 *
 * @throws DeviceError if the `webgpu` package has no binding for this platform, or it does not load
 */
export async function loadDawn(): Promise<Dawn> {
  const require = createRequire(import.meta.url);
  const home = dirname(require.resolve('webgpu'));
  const platform = process.platform === 'darwin' ? 'darwin-universal' : `${process.platform}-${process.arch}`;
  const binding = join(home, 'dist', platform, 'dawn.node');
  if (!existsSync(binding)) {
    throw new DeviceError(`adapter: expected the webgpu package to have a binding for ${platform}, got none. Use linux, macOS or Windows on x64 or arm64.`);
  }
  const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')) as { version: string };
  const softwareVulkan = once(() => unpackSoftwareVulkan(binding, version));
  const beside = needsLoader() ? softwareVulkan()?.dawn : undefined;
  if (beside) loadInPlaceOf(binding, beside, require);
  const { create, globals } = await import('webgpu');
  for (const [name, value] of Object.entries(globals)) {
    if (!(name in globalThis)) Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
  }
  return { version, softwareVulkan, adapter: (flags, manifest) => requestAdapter(create, flags, manifest) };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** Whether this is Linux without a Vulkan loader: a library that is there but no addon "did not self-register". */
function needsLoader(): boolean {
  if (process.platform !== 'linux') return false;
  try {
    process.dlopen({ exports: {} }, 'libvulkan.so.1');
    return false;
  } catch (error) {
    return !String(error).includes('self-register');
  }
}

/** Loads a copy of the binding, so that it finds what lies beside it, and lets the `webgpu` package find that copy loaded. */
function loadInPlaceOf(binding: string, copy: string, require: NodeJS.Require): void {
  if (require.cache[binding]) return;
  const loaded: { exports: unknown } = { exports: {} };
  try {
    process.dlopen(loaded, copy);
  } catch (cause) {
    throw new DeviceError(`adapter: expected ${copy} to load, got: ${String(cause)}. Set XDG_CACHE_HOME to a folder that programs may be run from.`, { cause });
  }
  const entry = new Module(binding);
  entry.filename = binding;
  entry.loaded = true;
  entry.exports = loaded.exports;
  require.cache[binding] = entry;
}

/** The loader reads its environment inside the call, so that is how long it is changed for. */
async function requestAdapter(
  create: (flags: string[]) => GPU,
  flags: readonly string[],
  manifest: string | undefined,
): Promise<{ gpu: GPU; adapter: GPUAdapter | null }> {
  const restore = manifest === undefined ? [] : ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES'].map((name) => setEnvironment(name, manifest));
  try {
    const gpu = create([...flags]);
    (globalThis.entrainKeptGpus ??= []).push(gpu);
    const requested = gpu.requestAdapter({ powerPreference: 'high-performance' });
    restore.splice(0).forEach((undo) => undo());
    return { gpu, adapter: await requested };
  } finally {
    restore.forEach((undo) => undo());
  }
}

function setEnvironment(name: string, value: string): () => void {
  const { [name]: before } = process.env;
  process.env[name] = value;
  return () => {
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  };
}
