/** One run of one kernel on stated tensors: what the conformance test compares and the null backend compiles. */

import { Random } from '../../src/base/random.ts';
import { type Device, tensorOf } from '../../src/gpu/device.ts';
import type { Bindings, Kernel, TensorsOf, Tolerance } from '../../src/gpu/kernel.ts';
import { solveDims } from '../../src/gpu/kernel.ts';
import type { DeviceTraits } from '../../src/gpu/traits.ts';
import { assembleShader } from '../../src/gpu/shader.ts';
import { type ElementType, elementsOf, Tensor } from '../../src/gpu/tensor.ts';

/** The shape and the elements of one tensor, rounded to f32 before any device sees them. Bindings given the same object share the tensor. */
export interface TensorSpec {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

export interface KernelCase {
  readonly kernel: { readonly name: string; readonly shader: string; readonly bindings: Bindings; readonly tolerance: Readonly<Record<string, Tolerance>> };
  readonly title: string;
  /** The lanes of a workgroup on a device, where the kernel chooses them itself: another number of them is worth a run. */
  readonly lanes: ((traits: DeviceTraits) => number) | undefined;
  /** Lanes that a subgroup must have for this case to mean anything; 0 where the kernel uses no subgroups. */
  readonly subgroupLanes: number;
  /** The program, with this case's constants in front. */
  readonly program: string;
  /** Names that the host gives values for. */
  readonly params: readonly string[];
  /** Creates the tensors, runs the kernel, and returns those that it may have written. */
  record(device: Device): ReadonlyMap<string, Tensor>;
}

/** States a run of a kernel: a tensor for every binding, and the options. */
export function kernelCase<B extends Bindings, O>(
  kernel: Kernel<B, O>,
  title: string,
  specs: { readonly [K in keyof B]: TensorSpec },
  options: NoInfer<O>,
  { subgroupLanes = 0 }: { readonly subgroupLanes?: number } = {},
): KernelCase {
  const dims = solveDims(kernel, shapesOf(kernel.bindings, specs));
  return {
    kernel,
    title,
    lanes: kernel.lanes,
    subgroupLanes,
    program: assembleShader(kernel.shader, kernel.constants?.(dims, options)),
    params: Object.keys(kernel.params(dims, options)),
    record(device) {
      const made = new Map<TensorSpec, Tensor>();
      const tensors: Record<string, Tensor> = {};
      for (const [name, { type }] of Object.entries(kernel.bindings)) {
        const spec = specOf(specs, name);
        const tensor = made.get(spec) ?? tensorOf(device, type, spec.shape, type === 'f32' ? Float32Array.from(spec.data) : spec.data, `case/${name}`);
        made.set(spec, tensor);
        tensors[name] = tensor;
      }
      device.run(kernel, tensors as TensorsOf<B>, options);
      return new Map(Object.entries(tensors).filter(([name]) => kernel.bindings[name]?.access !== 'read'));
    },
  };
}

function shapesOf(bindings: Bindings, specs: Readonly<Record<string, TensorSpec>>): Record<string, Tensor> {
  const entries = Object.entries(bindings).map(([name, { type }], id) => {
    const { shape } = specOf(specs, name);
    return [name, new Tensor(type, shape, { id, label: name, bytes: elementsOf(shape) * 4 })] as const;
  });
  return Object.fromEntries(entries);
}

function specOf(specs: Readonly<Record<string, TensorSpec>>, name: string): TensorSpec {
  const spec = specs[name];
  if (!spec) throw new Error(`case: expected a tensor for ${name}, got none.`);
  return spec;
}

/** Returns a maker of tensors of numbers between −scale and scale; each one it makes holds others. */
export function numberSource(name: string): (shape: readonly number[], scale?: number) => TensorSpec {
  const random = Random.seeded(20_261_121).fork(name);
  let made = 0;
  return (shape, scale = 1) => {
    const stream = random.at(made++);
    return { shape, data: Array.from({ length: elementsOf(shape) }, (_, i) => scale * (2 * stream.uniform(i) - 1)) };
  };
}

/** Elements as given; the shape is one row of them unless stated. */
export function given(data: ArrayLike<number>, shape: readonly number[] = [data.length]): TensorSpec {
  return { shape, data };
}

const GARBAGE: Readonly<Record<ElementType, number>> = { f32: -7777.25, u32: 3_735_928_559, i32: -559_038_737 };

/** What stands in a tensor before a kernel writes it: nothing that a kernel would write. */
export function garbage(shape: readonly number[], type: ElementType = 'f32'): TensorSpec {
  return { shape, data: Array.from({ length: elementsOf(shape) }, () => GARBAGE[type]) };
}
