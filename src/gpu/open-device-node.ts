/** Opens the best device of this machine under Node, or the one asked for. */

import { openAdapter, type AdapterChoice, type OpenedAdapter } from './adapter-node.ts';
import { openNativeAdapter } from './adapter-native.ts';
import type { GpuDevice } from './gpu-device.ts';
import type { KernelProfile } from './profile.ts';
import { type DeviceRequest, requestDevice } from './request-device.ts';

/** A device, and the adapter behind it. */
export interface OpenedDevice {
  readonly device: GpuDevice;
  readonly adapter: OpenedAdapter;
  readonly raw: GPUDevice;
  readonly profile?: KernelProfile;
}

/**
 * Opens an adapter's device; `native` is the WebGPU of the runtime itself, where it has one.
 *
 * @throws DeviceError if there is no such adapter, or it refuses the device
 */
export async function openDevice(
  choice: AdapterChoice = 'auto',
  options: Pick<DeviceRequest, 'tier' | 'foldLimit' | 'maxBindingBytes' | 'profile'> = {},
): Promise<OpenedDevice> {
  const adapter = choice === 'native' ? await openNativeAdapter() : await openAdapter(choice);
  const { name, settle, kind } = adapter;
  return { adapter, ...(await requestDevice(adapter.adapter, { ...options, name, settle, software: kind !== 'hardware' })) };
}
