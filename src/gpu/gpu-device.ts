/**
 * A WebGPU device: pipelines made once, bind groups cached, work encoded in a few passes, errors fatal.
 *
 * Scalars of a dispatch are data: each run writes its `Params` into one arena of uniforms, bound by dynamic offset, so a
 * kernel has one pipeline whatever the shapes.
 */

import { DeviceError, KernelError } from '../base/errors.ts';
import { CommandList } from './command-list.ts';
import type { Device, MemoryUse } from './device.ts';
import { type Bindings, type Dims, type Kernel, solveDims, type TensorsOf } from './kernel.ts';
import { MemoryLedger } from './memory-ledger.ts';
import { PipelineCache } from './pipeline-cache.ts';
import type { KernelProfile } from './profile.ts';
import { type ElementType, elementsOf, type HostArray, type Storage, Tensor } from './tensor.ts';
import type { DeviceTraits } from './traits.ts';

/** Storage on a WebGPU device. */
interface GpuStorage extends Storage {
  readonly buffer: GPUBuffer;
}

export interface GpuDeviceOptions {
  readonly name: string;
  readonly traits: DeviceTraits;
  /** How to await the device; throttled on CPU adapters, where the binding's busy poll takes a core from the driver. */
  readonly settle?: <T>(work: Promise<T>) => Promise<T>;
  /** Record the time each kernel takes. Splits every dispatch into its own pass; needs `timestamp-query`. */
  readonly profile?: KernelProfile;
}

const DISPATCHES_PER_SUBMIT = 200;

/** A device on WebGPU. */
export class GpuDevice implements Device {
  readonly name: string;
  readonly traits: DeviceTraits;
  readonly none: Readonly<Record<ElementType, Tensor>>;
  readonly #device: GPUDevice;
  readonly #settle: <T>(work: Promise<T>) => Promise<T>;
  readonly #pipelines: PipelineCache;
  readonly #commands: CommandList;
  readonly #ledger = new MemoryLedger();
  #staging: GPUBuffer[] = [];
  #nextId = 1;
  #failure: DeviceError | null = null;
  #closed = false;

  constructor(device: GPUDevice, options: GpuDeviceOptions) {
    this.#device = device;
    this.name = options.name;
    this.traits = options.traits;
    this.#settle = options.settle ?? ((work) => work);
    this.#pipelines = new PipelineCache(device, options.traits);
    this.#commands = new CommandList(device, options.profile);
    this.#ledger.add('engine/params', this.#commands.arena.size);
    device.addEventListener('uncapturederror', (event) => {
      this.#failure ??= describeFailure(event.error);
    });
    void device.lost.then(({ message, reason }) => {
      if (!this.#closed) {
        this.#failure = new DeviceError(
          `device ${this.name}: expected to keep it, lost it (${reason}): ${message}. Run the same command again to resume from the last checkpoint; a smaller batch.micro_tokens needs less memory.`,
        );
      }
    });
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
    if (bytes > this.#device.limits.maxBufferSize) {
      throw new DeviceError(
        `${label}: expected at most ${this.#device.limits.maxBufferSize} bytes in one buffer, got ${bytes} ([${shape.join(', ')}]). Choose a smaller model or batch.micro_tokens.`,
      );
    }
    const buffer = this.#device.createBuffer({
      label,
      size: bytes,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    });
    this.#ledger.add(label, bytes);
    const storage: GpuStorage = { id: this.#nextId++, label, bytes, buffer };
    return new Tensor(type, shape, storage);
  }

  destroy(tensor: Tensor): void {
    this.flush();
    const { id, label, bytes } = tensor.storage;
    this.#pipelines.forget(id);
    this.#ledger.remove(label, bytes);
    bufferOf(tensor).destroy();
  }

  run<B extends Bindings, O>(kernel: Kernel<B, O>, tensors: TensorsOf<B>, options: O): void {
    this.#throwIfFailed();
    const dims = solveDims(kernel, tensors);
    const workgroups = this.#workgroups(kernel, dims, options);
    if (workgroups === 0) return;
    const compiled = this.#pipelines.get(kernel, kernel.constants?.(dims, options));
    const buffers = Object.keys(kernel.bindings).map((name) => tensors[name]!);
    const group = this.#pipelines.bindGroup(
      compiled,
      buffers.map((tensor) => tensor.storage.id),
      () => buffers.map(bufferOf),
      this.#commands.arena,
    );
    const [x, y] = fold(kernel.name, workgroups, this.traits.foldLimit);
    this.#commands.dispatch(kernel.name, compiled, group, kernel.params(dims, options), x, y);
    if (this.#commands.length >= DISPATCHES_PER_SUBMIT) this.flush();
  }

  upload(tensor: Tensor, data: ArrayLike<number>): void {
    if (data.length === 0) return;
    this.flush();
    const typed = arrayOf(tensor.type, data);
    if (typed.byteLength > tensor.storage.bytes) {
      throw new KernelError(`${tensor.storage.label}: expected at most ${tensor.storage.bytes / 4} elements to upload, got ${data.length}.`);
    }
    this.#device.queue.writeBuffer(bufferOf(tensor), 0, typed);
  }

  clear(tensor: Tensor): void {
    this.#commands.clear(bufferOf(tensor));
  }

  copy(from: Tensor, to: Tensor, count = from.length): void {
    this.#commands.copy(bufferOf(from), bufferOf(to), count * 4);
  }

  flush(): void {
    this.#commands.submit();
  }

  async read(tensor: Tensor): Promise<HostArray> {
    const bytes = Math.max(4, tensor.length * 4);
    const staging = this.#takeStaging(bytes);
    this.#commands.copy(bufferOf(tensor), staging, bytes);
    this.flush();
    await this.#wait(staging.mapAsync(GPUMapMode.READ, 0, bytes));
    const copy = staging.getMappedRange(0, bytes).slice(0, tensor.length * 4);
    staging.unmap();
    this.#staging.push(staging);
    this.#throwIfFailed();
    return tensor.type === 'f32' ? new Float32Array(copy) : tensor.type === 'u32' ? new Uint32Array(copy) : new Int32Array(copy);
  }

  async idle(): Promise<void> {
    this.flush();
    await this.#wait(this.#device.queue.onSubmittedWorkDone());
    this.#throwIfFailed();
  }

  close(): void {
    this.#closed = true;
    this.#device.destroy();
  }

  #workgroups<B extends Bindings, O>(kernel: Kernel<B, O>, dims: Dims, options: O): number {
    if (kernel.workgroups) return kernel.workgroups(dims, options);
    const lanes = kernel.lanes?.(this.traits) ?? this.traits.lanes;
    return Math.ceil(kernel.threads!(dims, options) / lanes);
  }

  /** The smallest free staging buffer that fits, or a new one; sizes are powers of two so that few are made. */
  #takeStaging(bytes: number): GPUBuffer {
    const fits = this.#staging.filter((buffer) => buffer.size >= bytes).sort((a, b) => a.size - b.size)[0];
    if (fits) {
      this.#staging = this.#staging.filter((buffer) => buffer !== fits);
      return fits;
    }
    const size = stagingBytes(bytes);
    this.#ledger.add('engine/staging', size);
    return this.#device.createBuffer({ label: 'engine/staging', size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  }

  async #wait(work: Promise<unknown>): Promise<void> {
    try {
      await this.#settle(work);
    } catch (cause) {
      this.#throwIfFailed();
      throw new DeviceError(`device ${this.name}: expected its work to finish, got ${String(cause)}. Run the command again to resume.`, { cause });
    }
  }

  #throwIfFailed(): void {
    if (this.#failure) throw this.#failure;
  }
}

/** Numbers as a tensor of some type holds them: the array itself where it is of that type already, so that weights are not copied. */
function arrayOf(type: ElementType, data: ArrayLike<number>): HostArray {
  const ArrayType = type === 'f32' ? Float32Array : type === 'u32' ? Uint32Array : Int32Array;
  return data instanceof ArrayType ? data : ArrayType.from(data);
}

/** The size of the buffer that a read of so many bytes goes through. */
export function stagingBytes(bytes: number): number {
  return Math.max(4096, 2 ** Math.ceil(Math.log2(bytes)));
}

function bufferOf(tensor: Tensor): GPUBuffer {
  const { buffer } = tensor.storage as Partial<GpuStorage>;
  if (!buffer) throw new KernelError(`${tensor.storage.label}: expected a tensor of this device, got one of another.`);
  return buffer;
}

function fold(name: string, workgroups: number, limit: number): [number, number] {
  if (workgroups <= limit) return [workgroups, 1];
  const rows = Math.ceil(workgroups / limit);
  if (rows > 65_535) throw new KernelError(`${name}: expected at most ${limit * 65_535} workgroups, got ${workgroups}. Use smaller micro-batches.`);
  return [limit, rows];
}

function describeFailure(error: GPUError): DeviceError {
  if (error instanceof GPUOutOfMemoryError) {
    return new DeviceError(
      `device memory: expected the allocation to fit, ran out (${error.message}). Lower batch.micro_tokens or rollout.n; \`entrain plan\` shows the bytes by part.`,
    );
  }
  return new DeviceError(
    `device: expected valid commands, got: ${error.message}. This is a bug in Entrain; please report it with the output of \`entrain doctor\`.`,
  );
}
