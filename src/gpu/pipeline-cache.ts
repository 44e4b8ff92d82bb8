/** Pipelines by kernel and constants, bind groups by pipeline and storage: both made once. */

import { KernelError } from '../base/errors.ts';
import type { Bindings, Kernel } from './kernel.ts';
import { assembleShader, type ParamField, paramFields } from './shader.ts';
import type { DeviceTraits } from './traits.ts';

export interface CompiledKernel {
  readonly id: number;
  readonly name: string;
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
  readonly fields: readonly ParamField[];
}

export class PipelineCache {
  readonly #device: GPUDevice;
  readonly #traits: DeviceTraits;
  readonly #compiled = new Map<string, CompiledKernel>();
  readonly #groups = new Map<string, GPUBindGroup>();
  readonly #groupsOfStorage = new Map<number, Set<string>>();
  #arena: GPUBuffer | null = null;

  constructor(device: GPUDevice, traits: DeviceTraits) {
    this.#device = device;
    this.#traits = traits;
  }

  get<B extends Bindings, O>(kernel: Kernel<B, O>, constants: Readonly<Record<string, number>> = {}): CompiledKernel {
    const key = `${kernel.name} ${JSON.stringify(constants)}`;
    let compiled = this.#compiled.get(key);
    if (!compiled) {
      compiled = this.#compile(kernel, constants, this.#compiled.size);
      this.#compiled.set(key, compiled);
    }
    return compiled;
  }

  #compile<B extends Bindings, O>(kernel: Kernel<B, O>, constants: Readonly<Record<string, number>>, id: number): CompiledKernel {
    const source = assembleShader(kernel.shader, constants);
    const entries: GPUBindGroupLayoutEntry[] = Object.values(kernel.bindings).map((binding, index) => ({
      binding: index,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type: binding.access === 'read' ? 'read-only-storage' : 'storage' },
    }));
    entries.push({ binding: entries.length, visibility: GPUShaderStage.COMPUTE, buffer: { type: 'uniform', hasDynamicOffset: true } });
    const layout = this.#device.createBindGroupLayout({ label: kernel.name, entries });
    const module = this.#device.createShaderModule({ label: kernel.name, code: source });
    const lanes = kernel.lanes?.(this.#traits) ?? this.#traits.lanes;
    const pipeline = this.#device.createComputePipeline({
      label: kernel.name,
      layout: this.#device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: 'main', constants: { LANES: lanes } },
    });
    return { id, name: kernel.name, pipeline, layout, fields: paramFields(source, kernel.shader) };
  }

  /** The bind group of these storages; made on first use. Replacing the arena drops all of them. */
  bindGroup(compiled: CompiledKernel, ids: readonly number[], buffers: () => GPUBuffer[], arena: GPUBuffer): GPUBindGroup {
    if (arena !== this.#arena) {
      this.#groups.clear();
      this.#groupsOfStorage.clear();
      this.#arena = arena;
    }
    const key = `${compiled.id}:${ids.join(',')}`;
    const known = this.#groups.get(key);
    if (known) return known;
    const uniformBytes = Math.ceil((compiled.fields.length * 4) / 16) * 16;
    const entries: GPUBindGroupEntry[] = buffers().map((buffer, index) => {
      if (buffer.size > this.#traits.maxBindingBytes) {
        throw new KernelError(
          `${compiled.name}: expected bindings of at most ${this.#traits.maxBindingBytes} bytes on this adapter, got ${buffer.size} (${buffer.label}). Use a smaller batch.micro_tokens or another adapter.`,
        );
      }
      return { binding: index, resource: { buffer } };
    });
    entries.push({ binding: entries.length, resource: { buffer: arena, size: Math.max(16, uniformBytes) } });
    const group = this.#device.createBindGroup({ label: compiled.name, layout: compiled.layout, entries });
    this.#groups.set(key, group);
    for (const id of ids) {
      const keys = this.#groupsOfStorage.get(id) ?? new Set();
      this.#groupsOfStorage.set(id, keys.add(key));
    }
    return group;
  }

  /** Drops the bind groups that hold a destroyed storage. */
  forget(id: number): void {
    for (const key of this.#groupsOfStorage.get(id) ?? []) this.#groups.delete(key);
    this.#groupsOfStorage.delete(id);
  }
}
