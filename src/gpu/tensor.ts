/**
 * A tensor is a shape over storage that a device owns. Reshaping or taking fewer rows copies nothing.
 */

import { KernelError } from '../base/errors.ts';

/** Types of elements, four bytes each. */
export type ElementType = 'f32' | 'u32' | 'i32';

/** What the host hands to a device and gets back from one. */
export type HostArray = Float32Array | Float64Array | Uint32Array | Int32Array;

/** Memory of one device. `id` is unique on that device; bind groups are cached by it. */
export interface Storage {
  readonly id: number;
  readonly label: string;
  readonly bytes: number;
}

/** A shape over storage of a device. */
export class Tensor {
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly storage: Storage;

  constructor(type: ElementType, shape: readonly number[], storage: Storage) {
    if (elementsOf(shape) * 4 > storage.bytes) {
      throw new KernelError(`tensor ${storage.label}: expected a shape of at most ${storage.bytes / 4} elements, got [${shape.join(', ')}].`);
    }
    this.type = type;
    this.shape = shape;
    this.storage = storage;
  }

  /** The number of elements in the shape. */
  get length(): number {
    return elementsOf(this.shape);
  }

  /** The same storage under another shape, which may be smaller than the storage. */
  as(...shape: number[]): Tensor {
    return new Tensor(this.type, shape, this.storage);
  }
}

/** The product of a shape's dimensions; 1 for a scalar. */
export function elementsOf(shape: readonly number[]): number {
  let count = 1;
  for (const size of shape) count *= size;
  return count;
}
