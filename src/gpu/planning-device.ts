/** A device that only counts: building a run on it tells how many bytes the run will take, without taking them. */

import type { Device, MemoryUse } from './device.ts';
import { KernelError } from '../base/errors.ts';
import { ARENA_BYTES } from './command-list.ts';
import { stagingBytes } from './gpu-device.ts';
import { MemoryLedger } from './memory-ledger.ts';
import { type ElementType, elementsOf, type HostArray, Tensor } from './tensor.ts';
import type { DeviceTraits } from './traits.ts';

/** A device that counts bytes and computes nothing. */
export class PlanningDevice implements Device {
  readonly name = 'plan';
  readonly traits: DeviceTraits;
  readonly none: Readonly<Record<ElementType, Tensor>>;
  readonly #ledger = new MemoryLedger();
  #nextId = 1;

  constructor(traits: DeviceTraits) {
    this.traits = traits;
    this.#ledger.add('engine/params', ARENA_BYTES);
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
    const bytes = Math.max(16, elementsOf(shape) * 4);
    this.#ledger.add(label, bytes);
    return new Tensor(type, shape, { id: this.#nextId++, label, bytes });
  }

  destroy(tensor: Tensor): void {
    this.#ledger.remove(tensor.storage.label, tensor.storage.bytes);
  }

  run(): void {}
  upload(): void {}
  clear(): void {}
  copy(): void {}
  flush(): void {}
  close(): void {}

  /** Counts the buffer that a read of so many elements goes through. */
  countRead(elements: number): void {
    this.#ledger.add('engine/staging', stagingBytes(Math.max(4, elements * 4)));
  }

  read(tensor: Tensor): Promise<HostArray> {
    return Promise.reject(new KernelError(`${tensor.storage.label}: expected a device that computes, got the planning device.`));
  }

  idle(): Promise<void> {
    return Promise.resolve();
  }
}
