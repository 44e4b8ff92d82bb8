/**
 * What the floors above see of a device: tensors, kernels to run on them, and a way to look at the result.
 * Work is recorded in order and happens in order; nothing is awaited but reads.
 */

import type { Bindings, Kernel, TensorsOf } from './kernel.ts';
import type { ElementType, HostArray, Tensor } from './tensor.ts';
import type { DeviceTraits } from './traits.ts';

/** Bytes a device holds, now and at most. */
export interface MemoryUse {
  readonly bytes: number;
  readonly peakBytes: number;
  /** Bytes in use by label prefix (up to the first `/`). */
  readonly byPart: ReadonlyMap<string, number>;
}

/** What the floors above see of a device. */
export interface Device {
  readonly name: string;
  readonly traits: DeviceTraits;
  /** A tensor of 4 elements to bind where a kernel has an operand that its options switch off. */
  readonly none: Readonly<Record<ElementType, Tensor>>;
  readonly memory: MemoryUse;

  /** New storage, zeroed. The label's first part (before `/`) groups it in `memory.byPart`. */
  create(type: ElementType, shape: readonly number[], label: string): Tensor;
  destroy(tensor: Tensor): void;

  /** Records one run of a kernel. */
  run<B extends Bindings, O>(kernel: Kernel<B, O>, tensors: TensorsOf<B>, options: O): void;
  /** Replaces the first `data.length` elements of a tensor, after all work recorded so far. */
  upload(tensor: Tensor, data: ArrayLike<number>): void;
  /** Sets a tensor to zero, after all work recorded so far. */
  clear(tensor: Tensor): void;
  /** Copies `count` elements (default: all of `from`), after all work recorded so far. */
  copy(from: Tensor, to: Tensor, count?: number): void;
  /** Hands what is recorded to the device, without waiting. */
  flush(): void;
  /** The tensor's elements after all work recorded so far. */
  read(tensor: Tensor): Promise<HostArray>;
  /** Resolves when all work recorded so far is done; rejects if any of it failed. */
  idle(): Promise<void>;
  close(): void;
}

/** Creates a tensor holding the given numbers. */
export function tensorOf(device: Device, type: ElementType, shape: readonly number[], data: ArrayLike<number>, label: string): Tensor {
  const tensor = device.create(type, shape, label);
  device.upload(tensor, data);
  return tensor;
}
