import { type AdapterChoice, openAdapter } from '../src/gpu/adapter-node.ts';
import type { GpuDevice } from '../src/gpu/gpu-device.ts';
import { requestDevice } from '../src/gpu/request-device.ts';
import type { Tier } from '../src/gpu/traits.ts';

export interface TestDeviceOptions {
  /** The default is ENTRAIN_TEST_ADAPTER, or the best of this machine. */
  readonly adapter?: AdapterChoice;
  readonly tier?: Tier;
  /** Workgroups before the grid folds. */
  readonly foldLimit?: number;
}

/** Opens the adapter that tests run on. */
export async function openTestDevice({ adapter, ...request }: TestDeviceOptions = {}): Promise<GpuDevice> {
  const opened = await openAdapter(adapter ?? process.env.ENTRAIN_TEST_ADAPTER ?? 'auto');
  const { device } = await requestDevice(opened.adapter, { name: opened.name, software: opened.kind !== 'hardware', settle: opened.settle, ...request });
  return device;
}
