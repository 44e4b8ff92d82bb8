import type { AdapterChoice } from '../src/gpu/adapter-node.ts';
import type { GpuDevice } from '../src/gpu/gpu-device.ts';
import { type OpenedDevice, openDevice } from '../src/gpu/open-device-node.ts';
import type { Tier } from '../src/gpu/traits.ts';

export interface TestDeviceOptions {
  /** The default is ENTRAIN_TEST_ADAPTER, or the best of this machine. */
  readonly adapter?: AdapterChoice;
  readonly tier?: Tier;
  /** Workgroups before the grid folds. */
  readonly foldLimit?: number;
  /** Bytes of a binding at most. */
  readonly maxBindingBytes?: number;
}

/** Opens the adapter that tests run on. */
export async function openTestDevice(options: TestDeviceOptions = {}): Promise<GpuDevice> {
  return (await openTestAdapter(options)).device;
}

/** The same with what lies below the device, for tests that share it with another library. */
export function openTestAdapter({ adapter, ...request }: TestDeviceOptions = {}): Promise<OpenedDevice> {
  return openDevice(adapter ?? process.env.ENTRAIN_TEST_ADAPTER ?? 'auto', request);
}
