/** Device memory that an algorithm keeps from update to update, by name. */

import type { Device } from '../gpu/device.ts';
import type { ElementType, Tensor } from '../gpu/tensor.ts';

export class Workspace {
  readonly device: Device;
  readonly #kept = new Map<string, Tensor>();
  readonly #free: Tensor[] = [];

  constructor(device: Device) {
    this.device = device;
  }

  /** The tensor of this name in this shape. What it held is lost only when it had to grow. */
  tensor(name: string, type: ElementType, shape: readonly number[]): Tensor {
    const size = shape.reduce((product, side) => product * side, 1);
    const kept = this.#kept.get(name);
    if (kept && kept.length >= size) return kept.as(...shape);
    if (kept) this.device.destroy(kept);
    const grown = this.device.create(type, [size], `algorithm/${name}`);
    this.#kept.set(name, grown);
    return grown.as(...shape);
  }

  /** A tensor that outlives the update: it stays the borrower's until given back. */
  borrow(shape: readonly number[]): Tensor {
    const size = shape.reduce((product, side) => product * side, 1);
    const at = this.#free.findIndex((tensor) => tensor.length >= size);
    const tensor = at >= 0 ? this.#free.splice(at, 1)[0]! : this.device.create('f32', [size], 'algorithm/sums');
    return tensor.as(...shape);
  }

  giveBack(tensor: Tensor): void {
    this.#free.push(tensor.as(tensor.storage.bytes / 4));
  }
}
