/** From an adapter to a device: every limit and feature the engine uses is asked for by name. */

import { DeviceError } from '../base/errors.ts';
import { GpuDevice } from './gpu-device.ts';
import { KernelProfile } from './profile.ts';
import { type Tier, traitsOf } from './traits.ts';

/** How a device is asked of an adapter. */
export interface DeviceRequest {
  readonly name: string;
  /** Runs on the processor: barrier-free kernel forms, throttled waits. */
  readonly software: boolean;
  readonly settle?: <T>(work: Promise<T>) => Promise<T>;
  /** Forces a tier; the default follows from the adapter. */
  readonly tier?: Tier;
  /** Workgroups per grid dimension before folding; tests set it low. */
  readonly foldLimit?: number;
  /** Bytes of a storage binding at most, where fewer than the adapter grants: tests set it low. */
  readonly maxBindingBytes?: number;
  /** Measure each kernel (needs `timestamp-query`). */
  readonly profile?: boolean;
}

const WANTED_LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupStorageSize',
] as const;

/**
 * Opens a device with the adapter's own limits for buffers, bindings and workgroups.
 *
 * @throws DeviceError if the adapter grants fewer than 8 storage buffers a stage, or refuses the device
 */
export async function requestDevice(adapter: GPUAdapter, request: DeviceRequest): Promise<{ device: GpuDevice; raw: GPUDevice; profile?: KernelProfile }> {
  const { limits } = adapter;
  if (limits.maxStorageBuffersPerShaderStage < 8) {
    throw new DeviceError(
      `${request.name}: expected at least 8 storage buffers a stage, got ${limits.maxStorageBuffersPerShaderStage}. Choose another adapter, or update the driver of this one.`,
    );
  }
  const requiredFeatures: GPUFeatureName[] = [];
  if (adapter.features.has('subgroups')) requiredFeatures.push('subgroups');
  if (request.profile && adapter.features.has('timestamp-query')) requiredFeatures.push('timestamp-query');
  const requiredLimits = Object.fromEntries(WANTED_LIMITS.map((name) => [name, limits[name]]));
  let raw: GPUDevice;
  try {
    raw = await adapter.requestDevice({ requiredFeatures, requiredLimits, label: request.name });
  } catch (cause) {
    throw new DeviceError(`${request.name}: expected a device with the adapter's own limits, got ${String(cause)}. Run \`entrain doctor\`.`, { cause });
  }
  const wide = limits.maxComputeInvocationsPerWorkgroup >= 1024 && adapter.features.has('subgroups');
  const tier = request.tier ?? (request.software ? 'software' : wide ? 'wide' : 'portable');
  const { subgroupMinSize = 0, subgroupMaxSize = 0 } = adapter.info;
  const subgroupLanes = adapter.features.has('subgroups') && subgroupMinSize === subgroupMaxSize ? subgroupMinSize : 0;
  const traits = traitsOf(tier, {
    maxBindingBytes: Math.min(raw.limits.maxStorageBufferBindingSize, raw.limits.maxBufferSize, request.maxBindingBytes ?? Infinity),
    subgroupLanes,
    ...(request.foldLimit && { foldLimit: request.foldLimit }),
  });
  const profile = requiredFeatures.includes('timestamp-query') ? new KernelProfile(raw) : undefined;
  const device = new GpuDevice(raw, { name: request.name, traits, ...(request.settle && { settle: request.settle }), ...(profile && { profile }) });
  return profile ? { device, raw, profile } : { device, raw };
}
