/** Opens the device of a page or of its worker: what the browser gives, named, or a clear reason why there is none. */

import { DeviceError } from '../base/errors.ts';
import type { GpuDevice } from './gpu-device.ts';
import { type DeviceRequest, requestDevice } from './request-device.ts';

/** What a page may know of its adapter. Browsers keep the exact model to themselves. */
export interface BrowserAdapter {
  /** For example `nvidia ampere`, `google swiftshader`. */
  readonly name: string;
  /** `software`: the browser has no GPU to give and computes on the processor, slowly. */
  readonly kind: 'hardware' | 'software';
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  readonly features: readonly string[];
}

/** A device in a page, and the adapter behind it. */
export interface OpenedBrowserDevice {
  readonly device: GpuDevice;
  readonly adapter: BrowserAdapter;
  readonly raw: GPUDevice;
}

/**
 * Asks the browser for its fastest adapter and opens it.
 *
 * @throws DeviceError if the page has no WebGPU, the browser no adapter for it, or the adapter grants too little
 */
export async function openBrowserDevice(options: Pick<DeviceRequest, 'tier' | 'foldLimit' | 'profile'> = {}): Promise<OpenedBrowserDevice> {
  const { gpu } = navigator as { readonly gpu?: GPU };
  if (!gpu) throw new DeviceError(globalThis.isSecureContext ? NO_WEBGPU : NOT_SECURE);
  const found = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!found) throw new DeviceError(NO_ADAPTER);
  const adapter = describeAdapter(found);
  const { device, raw } = await requestDevice(found, { ...options, name: adapter.name, software: adapter.kind === 'software' });
  return { device, adapter, raw };
}

const NO_WEBGPU =
  'WebGPU: expected a browser that has it, got one without. Use a current Chrome, Edge, Firefox or Safari; where WebGPU is switched off, chrome://gpu or about:support say why.';
const NOT_SECURE = 'WebGPU: expected a page served over https or from localhost, got an insecure one, which browsers give no GPU. Open it over https.';
const NO_ADAPTER =
  'WebGPU: expected the browser to offer an adapter, got none. Its GPU or driver may be on the blocklist: update the driver, switch on hardware acceleration, or look at chrome://gpu. Nothing is lost; the run can go on in another browser.';

function describeAdapter({ info, features }: GPUAdapter): BrowserAdapter {
  const { vendor, architecture, description } = info;
  const isSoftware = info.isFallbackAdapter || /swiftshader|llvmpipe|lavapipe|basic render/i.test(`${architecture} ${description} ${info.device}`);
  const name = description || [vendor, architecture].filter(Boolean).join(' ') || 'unnamed adapter';
  return { name, kind: isSoftware ? 'software' : 'hardware', vendor, architecture, description, features: [...features].sort() };
}
