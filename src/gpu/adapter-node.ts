/** Opens the best WebGPU adapter of this machine under Node: a GPU, else lavapipe, else SwiftShader from an npm package. */

import { isMainThread } from 'node:worker_threads';
import { DeviceError } from '../base/errors.ts';
import { loadDawn, type Dawn } from './dawn-node.ts';
import { softwareVulkanPackage } from './software-vulkan-node.ts';
import { throttledWait } from './throttle-node.ts';
import { hasListedDrivers, unlistedManifests } from './vulkan-drivers-node.ts';

/** `auto`, `lavapipe`, `swiftshader`, or part of an adapter's name in any case. */
export type AdapterChoice = string;

/** What an adapter computes on: a GPU, or a processor through one of the known drivers. */
export type AdapterKind = 'hardware' | 'lavapipe' | 'swiftshader' | 'software';

/** An adapter, and how it was come by. */
export interface OpenedAdapter {
  /** Alive until the process ends. */
  readonly gpu: GPU;
  readonly adapter: GPUAdapter;
  /** As its driver calls it, for example `SwiftShader Device (Subzero)`. */
  readonly name: string;
  readonly kind: AdapterKind;
  /** Why this adapter and no other, in one sentence. */
  readonly reason: string;
  /** Version of the `webgpu` package. */
  readonly dawn: string;
  /** How to await what the device promises. On a CPU adapter this leaves the adapter the core that Dawn's polling would take. */
  readonly settle: <T>(work: Promise<T>) => Promise<T>;
}

export interface OpenAdapterOptions {
  /** Dawn's feature toggles, for example `allow_unsafe_apis`. Dawn ignores the ones it does not know. */
  readonly toggles?: readonly string[];
}

/** An adapter by name, and the manifest of its driver where the Vulkan loader does not find it by itself. */
interface Offer {
  readonly name: string;
  readonly manifest: string | undefined;
}

interface Chosen {
  readonly offer: Offer;
  readonly reason: string;
}

/**
 * Opens an adapter and keeps it for the life of the process.
 *
 * @throws DeviceError if there is no such adapter; it lists those there are, or what to install on this platform
 */
export async function openAdapter(choice: AdapterChoice = 'auto', options: OpenAdapterOptions = {}): Promise<OpenedAdapter> {
  const dawn = await loadDawn();
  const { toggles = [] } = options;
  const { offer, reason } = choice === 'auto' ? await chooseBest(dawn) : await chooseNamed(dawn, choice);
  const flags = toggles.length > 0 ? [`enable-dawn-features=${toggles.join(',')}`] : [];
  const { gpu, adapter } = await dawn.adapter([...flags, `adapter=${offer.name}`], offer.manifest);
  if (!adapter) throw new DeviceError(`adapter: expected ${offer.name}, which was offered a moment ago, got none. Try again.`);
  const kind = await kindOf(dawn, offer);
  const settle: OpenedAdapter['settle'] = kind === 'hardware' ? (work) => work : throttledWait();
  return { gpu, adapter, name: offer.name, kind, reason, dawn: dawn.version, settle };
}

async function chooseBest(dawn: Dawn): Promise<Chosen> {
  const offers = await systemOffers(dawn);
  const kinds = await Promise.all(offers.map((offer) => kindOf(dawn, offer)));
  const ofKind = (kind: AdapterKind): Offer | undefined => offers[kinds.indexOf(kind)];
  const hardware = ofKind('hardware');
  if (hardware) return { offer: hardware, reason: 'It is the first GPU that this system offers.' };
  const software = ofKind('lavapipe') ?? ofKind('software');
  if (software) return { offer: software, reason: 'This system offers no GPU but a driver for CPUs.' };
  const [packaged = ofKind('swiftshader')] = await packagedOffers(dawn);
  if (packaged)
    return { offer: packaged, reason: `This system offers neither a GPU nor lavapipe, so the driver for CPUs from ${softwareVulkanPackage} serves.` };
  throw new DeviceError(`adapter: expected a GPU or a Vulkan driver for CPUs, got neither. ${adapterRemedy()}`);
}

async function chooseNamed(dawn: Dawn, choice: string): Promise<Chosen> {
  const reason = `It was asked for as '${choice}'.`;
  const part = choice === 'lavapipe' ? 'llvmpipe' : choice.toLowerCase();
  const matches = ({ name }: Offer): boolean => name.toLowerCase().includes(part);
  const fromSystem = choice === 'swiftshader' ? [] : await systemOffers(dawn);
  const offers = fromSystem.some(matches) ? fromSystem : [...fromSystem, ...(await packagedOffers(dawn))];
  const offer = offers.find(matches);
  if (offer) return { offer, reason };
  if (choice === 'swiftshader') throw new DeviceError(`adapter: expected the package ${softwareVulkanPackage}, got none. ${packageRemedy()}`);
  const there = offers.length > 0 ? offers.map(({ name }) => `'${name}'`).join(', ') : 'no adapter at all';
  throw new DeviceError(
    `adapter: expected one whose name has '${part}', got ${there}. ${offers.length > 0 ? "Choose one of them, or 'auto'." : adapterRemedy()}`,
  );
}

/** What this system's own drivers offer, the fastest first. */
async function systemOffers(dawn: Dawn): Promise<readonly Offer[]> {
  const manifests = [...(hasListedDrivers() ? [undefined] : []), ...unlistedManifests()];
  const offers = await Promise.all(manifests.map((manifest) => offersOf(dawn, manifest)));
  return offers.flat();
}

async function packagedOffers(dawn: Dawn): Promise<readonly Offer[]> {
  const packaged = dawn.softwareVulkan();
  if (!packaged) return [];
  const offers = await offersOf(dawn, packaged.manifest);
  const own = offers.filter(({ name }) => name.includes('SwiftShader'));
  if (own.length > 0) return own;
  if (!isMainThread) {
    throw new DeviceError(
      'adapter: expected the driver for CPUs on the main thread, got a worker, whose environment is a copy. Start the worker with `env: SHARE_ENV`.',
    );
  }
  throw new DeviceError(
    `adapter: expected the driver of ${packaged.manifest} to load, got nothing. Set XDG_CACHE_HOME to a folder that programs may be run from.`,
  );
}

/** Dawn lists the adapters in the error of a request that none of them meets. */
async function offersOf(dawn: Dawn, manifest: string | undefined): Promise<readonly Offer[]> {
  try {
    await dawn.adapter(['adapter=(none has this name)'], manifest);
    return [];
  } catch (cause) {
    const text = String(cause);
    if (!text.includes('Available adapters:')) throw new DeviceError(`adapter: expected Dawn to list its adapters, got: ${text}`, { cause });
    return [...text.matchAll(/name: '(.*)'$/gm)].flatMap(([, name]) => (name ? [{ name, manifest }] : []));
  }
}

async function kindOf(dawn: Dawn, { name, manifest }: Offer): Promise<AdapterKind> {
  if (name.includes('llvmpipe')) return 'lavapipe';
  if (name.includes('SwiftShader')) return 'swiftshader';
  const { adapter } = await dawn.adapter([`adapter=${name}`], manifest);
  return adapter?.info.isFallbackAdapter ? 'software' : 'hardware';
}

/** What to do on a platform where no adapter was found. */
export function adapterRemedy(platform: string = process.platform, architecture: string = process.arch): string {
  if (platform === 'darwin') return 'A GPU that supports Metal is needed; there is no driver for CPUs on macOS.';
  if (platform === 'win32') return "Install the GPU maker's driver, with Direct3D 12; there is no driver for CPUs on Windows.";
  const gpu = "Install the GPU's Vulkan driver (NVIDIA: its own, and in a container NVIDIA_DRIVER_CAPABILITIES=all; AMD and Intel: Mesa)";
  return `${gpu}, or use the CPU. ${packageRemedy(platform, architecture)}`;
}

function packageRemedy(platform: string = process.platform, architecture: string = process.arch): string {
  if (platform === 'linux' && architecture === 'x64') return `Run \`npm i ${softwareVulkanPackage}\` for its driver.`;
  const mesa = platform === 'linux' ? " Mesa's lavapipe, 25 or later, serves where the system has it." : '';
  return `npm has no driver for CPUs on ${platform}-${architecture}.${mesa}`;
}
