/**
 * A device that runs each kernel's reference on float64 arrays: the oracle of every other device, and a way to
 * explore algorithms without a GPU.
 */

import { KernelError } from '../base/errors.ts';
import type { Device, MemoryUse } from './device.ts';
import { type ArraysOf, type Bindings, type Kernel, solveDims, type TensorsOf } from './kernel.ts';
import { MemoryLedger } from './memory-ledger.ts';
import { type ElementType, elementsOf, type HostArray, type Storage, Tensor } from './tensor.ts';
import { type DeviceTraits, traitsOf } from './traits.ts';

interface HostStorage extends Storage {
  readonly data: Float64Array | Uint32Array | Int32Array;
}

/** A device that runs references in float64 on the host. */
export class ReferenceDevice implements Device {
  readonly name = 'reference (float64)';
  readonly traits: DeviceTraits = traitsOf('software', { maxBindingBytes: Number.MAX_SAFE_INTEGER });
  readonly none: Readonly<Record<ElementType, Tensor>>;
  readonly #ledger = new MemoryLedger();
  #nextId = 1;

  constructor() {
    this.none = {
      f32: this.create('f32', [4], 'engine/none'),
      u32: this.create('u32', [4], 'engine/none'),
      i32: this.create('i32', [4], 'engine/none'),
    };
  }

  get memory(): MemoryUse {
    return this.#ledger;
  }

  create(type: ElementType, shape: readonly number[], label: string): Tensor {
    const length = Math.max(4, elementsOf(shape));
    const data = type === 'f32' ? new Float64Array(length) : type === 'u32' ? new Uint32Array(length) : new Int32Array(length);
    this.#ledger.add(label, length * 4);
    const storage: HostStorage = { id: this.#nextId++, label, bytes: length * 4, data };
    return new Tensor(type, shape, storage);
  }

  destroy(tensor: Tensor): void {
    this.#ledger.remove(tensor.storage.label, tensor.storage.bytes);
  }

  run<B extends Bindings, O>(kernel: Kernel<B, O>, tensors: TensorsOf<B>, options: O): void {
    const dims = solveDims(kernel, tensors);
    const arrays = Object.fromEntries(Object.keys(kernel.bindings).map((name) => [name, dataOf(tensors[name]!)]));
    kernel.reference(arrays as ArraysOf<B>, dims, options);
  }

  upload(tensor: Tensor, data: ArrayLike<number>): void {
    dataOf(tensor).set(data);
  }

  clear(tensor: Tensor): void {
    dataOf(tensor).fill(0);
  }

  copy(from: Tensor, to: Tensor, count = from.length): void {
    dataOf(to).set(dataOf(from).subarray(0, count));
  }

  flush(): void {}

  read(tensor: Tensor): Promise<HostArray> {
    return Promise.resolve(dataOf(tensor).slice(0, tensor.length));
  }

  idle(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {}
}

function dataOf(tensor: Tensor): Float64Array | Uint32Array | Int32Array {
  const { data } = tensor.storage as Partial<HostStorage>;
  if (!data) throw new KernelError(`${tensor.storage.label}: expected a tensor of the reference device, got one of another.`);
  return data;
}
