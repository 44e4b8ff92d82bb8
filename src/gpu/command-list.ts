/** Work recorded but not yet submitted: dispatches, copies and clears in order, with the uniforms they read. */

import { KernelError } from '../base/errors.ts';
import type { CompiledKernel } from './pipeline-cache.ts';
import type { KernelProfile } from './profile.ts';

/** Bytes of the uniforms of one submit. */
export const ARENA_BYTES = 256 * 1024;
const SLOT_BYTES = 256; // minUniformBufferOffsetAlignment that every adapter grants
const SLOTS = ARENA_BYTES / SLOT_BYTES;

type Command =
  | {
      readonly kind: 'dispatch';
      readonly name: string;
      readonly compiled: CompiledKernel;
      readonly group: GPUBindGroup;
      readonly slot: number;
      readonly x: number;
      readonly y: number;
    }
  | { readonly kind: 'copy'; readonly from: GPUBuffer; readonly to: GPUBuffer; readonly bytes: number }
  | { readonly kind: 'clear'; readonly buffer: GPUBuffer };

export class CommandList {
  readonly arena: GPUBuffer;
  readonly #device: GPUDevice;
  readonly #profile: KernelProfile | undefined;
  readonly #bytes = new ArrayBuffer(ARENA_BYTES);
  readonly #view = new DataView(this.#bytes);
  #commands: Command[] = [];
  #slots = 0;

  constructor(device: GPUDevice, profile: KernelProfile | undefined) {
    this.#device = device;
    this.#profile = profile;
    this.arena = device.createBuffer({
      label: 'engine/params',
      size: ARENA_BYTES,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
  }

  get length(): number {
    return this.#commands.length;
  }

  dispatch(name: string, compiled: CompiledKernel, group: GPUBindGroup, params: Readonly<Record<string, number>>, x: number, y: number): void {
    if (this.#slots === SLOTS) this.submit();
    const slot = this.#slots++;
    this.#write(name, compiled, params, slot);
    this.#commands.push({ kind: 'dispatch', name, compiled, group, slot, x, y });
  }

  #write(name: string, compiled: CompiledKernel, params: Readonly<Record<string, number>>, slot: number): void {
    compiled.fields.forEach((field, index) => {
      const value = params[field.name];
      if (value === undefined) throw new KernelError(`${name}: expected a value for the parameter ${field.name}, got none.`);
      const offset = slot * SLOT_BYTES + index * 4;
      if (field.type === 'f32') this.#view.setFloat32(offset, value, true);
      else if (field.type === 'u32') this.#view.setUint32(offset, value, true);
      else this.#view.setInt32(offset, value, true);
    });
  }

  copy(from: GPUBuffer, to: GPUBuffer, bytes: number): void {
    this.#commands.push({ kind: 'copy', from, to, bytes });
  }

  clear(buffer: GPUBuffer): void {
    this.#commands.push({ kind: 'clear', buffer });
  }

  /** Encodes and submits everything recorded, in order. The arena may be rewritten at once: the queue keeps the order. */
  submit(): void {
    if (this.#commands.length === 0) return;
    if (this.#slots > 0) this.#device.queue.writeBuffer(this.arena, 0, this.#bytes, 0, this.#slots * SLOT_BYTES);
    const encoder = this.#device.createCommandEncoder();
    let pass: GPUComputePassEncoder | null = null;
    let current: CompiledKernel | null = null;
    for (const command of this.#commands) {
      if (command.kind === 'dispatch') {
        if (!pass || this.#profile) {
          pass?.end();
          pass = encoder.beginComputePass(this.#profile?.pass(command.name) ?? {});
          current = null;
        }
        if (current !== command.compiled) pass.setPipeline(command.compiled.pipeline);
        current = command.compiled;
        pass.setBindGroup(0, command.group, [command.slot * SLOT_BYTES]);
        pass.dispatchWorkgroups(command.x, command.y);
        continue;
      }
      pass?.end();
      pass = null;
      if (command.kind === 'copy') encoder.copyBufferToBuffer(command.from, 0, command.to, 0, command.bytes);
      else encoder.clearBuffer(command.buffer);
    }
    pass?.end();
    this.#profile?.resolve(encoder);
    this.#device.queue.submit([encoder.finish()]);
    this.#commands = [];
    this.#slots = 0;
  }
}
