/** The runtime's own WebGPU, where it has one: Deno's is wgpu, without subgroups, and every read back waits about 12 ms. */

import { DeviceError } from '../base/errors.ts';
import type { OpenedAdapter } from './adapter-node.ts';

/** @throws DeviceError where the runtime has no WebGPU of its own, or that has no adapter */
export async function openNativeAdapter(): Promise<OpenedAdapter> {
  const { gpu, userAgent = 'this runtime' } = ((globalThis as { readonly navigator?: unknown }).navigator ?? {}) as {
    readonly gpu?: GPU;
    readonly userAgent?: string;
  };
  if (!gpu)
    throw new DeviceError(`adapter native: expected a runtime with WebGPU of its own, such as Deno, got ${userAgent}. Choose another adapter, or auto.`);
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter)
    throw new DeviceError(
      `adapter native: expected the WebGPU of ${userAgent} to find an adapter, got none. Install a Vulkan driver, or choose auto, which brings one along.`,
    );
  const { description, vendor, architecture, device, isFallbackAdapter } = adapter.info;
  const name = description || [vendor, architecture, device].filter(Boolean).join(' ') || 'unnamed adapter';
  const kind = name.includes('llvmpipe') ? 'lavapipe' : name.includes('SwiftShader') ? 'swiftshader' : isFallbackAdapter ? 'software' : 'hardware';
  return { gpu, adapter, name, kind, reason: `It is what the WebGPU of ${userAgent} offers.`, dawn: `none: wgpu of ${userAgent}`, settle: (work) => work };
}
