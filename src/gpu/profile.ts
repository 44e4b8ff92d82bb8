/** Time on the device by kernel, from timestamp queries around each dispatch. */

const CAPACITY = 4096;

export interface KernelTime {
  readonly calls: number;
  readonly milliseconds: number;
}

export class KernelProfile {
  readonly #device: GPUDevice;
  readonly #queries: GPUQuerySet;
  readonly #resolved: GPUBuffer;
  #names: string[] = [];
  #pending: { readonly names: string[]; readonly buffer: GPUBuffer }[] = [];

  constructor(device: GPUDevice) {
    this.#device = device;
    this.#queries = device.createQuerySet({ type: 'timestamp', count: CAPACITY });
    this.#resolved = device.createBuffer({ size: CAPACITY * 8, usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC });
  }

  /** The descriptor of a pass that holds one dispatch. */
  pass(name: string): GPUComputePassDescriptor {
    const index = this.#names.push(name) - 1;
    return { timestampWrites: { querySet: this.#queries, beginningOfPassWriteIndex: index * 2, endOfPassWriteIndex: index * 2 + 1 } };
  }

  resolve(encoder: GPUCommandEncoder): void {
    if (this.#names.length === 0) return;
    const bytes = this.#names.length * 16;
    const buffer = this.#device.createBuffer({ size: bytes, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    encoder.resolveQuerySet(this.#queries, 0, this.#names.length * 2, this.#resolved, 0);
    encoder.copyBufferToBuffer(this.#resolved, 0, buffer, 0, bytes);
    this.#pending.push({ names: this.#names, buffer });
    this.#names = [];
  }

  /** Sums what was recorded since the last call, slowest kernel first. */
  async collect(): Promise<ReadonlyMap<string, KernelTime>> {
    const sums = new Map<string, { calls: number; milliseconds: number }>();
    for (const { names, buffer } of this.#pending) {
      await buffer.mapAsync(GPUMapMode.READ);
      const times = new BigUint64Array(buffer.getMappedRange());
      names.forEach((name, index) => {
        const sum = sums.get(name) ?? { calls: 0, milliseconds: 0 };
        sum.calls++;
        sum.milliseconds += Number(times[index * 2 + 1]! - times[index * 2]!) / 1e6;
        sums.set(name, sum);
      });
      buffer.destroy();
    }
    this.#pending = [];
    return new Map([...sums].sort((a, b) => b[1].milliseconds - a[1].milliseconds));
  }
}
