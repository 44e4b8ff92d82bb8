/**
 * A kernel is one WGSL file, one declaration of its shapes, and a float64 reference. Without a reference it does not type-check.
 */

import { KernelError } from '../base/errors.ts';
import type { ElementType, Tensor } from './tensor.ts';
import type { DeviceTraits } from './traits.ts';

/** Sizes by dimension letter, solved from the tensors handed in. */
export type Dims = Readonly<Record<string, number>>;

/** One storage operand of a kernel. */
export interface Binding<T extends ElementType = ElementType> {
  /** `read`: never written. `write`: every element of the result is written. `update`: read and written. */
  readonly access: 'read' | 'write' | 'update';
  readonly type: T;
  /** Dimension letters, or absent where the options say how the storage is addressed. */
  readonly dims: readonly (string | number)[] | null;
}

const bind =
  (access: Binding['access']) =>
  <T extends ElementType>(type: T, ...dims: (string | number)[]): Binding<T> => ({
    access,
    type,
    dims: dims.length > 0 ? dims : null,
  });

/** An operand that is never written. */
export const read = bind('read');
/** An operand of which every element is written. */
export const write = bind('write');
/** An operand that is read and written. */
export const update = bind('update');

/** The operands of a kernel by name, in the order of their binding index. */
export type Bindings = Readonly<Record<string, Binding>>;
/** A tensor for each binding. */
export type TensorsOf<B extends Bindings> = { readonly [K in keyof B]: Tensor };
/** What the reference sees: float64 for f32, so that it is a reference. */
export type ArraysOf<B extends Bindings> = {
  readonly [K in keyof B]: B[K] extends Binding<'f32'> ? Float64Array : B[K] extends Binding<'u32'> ? Uint32Array : Int32Array;
};

/** How far a device may be from the reference, per output: |got − expected| ≤ absolute + relative · |expected|. */
export interface Tolerance {
  readonly absolute: number;
  readonly relative?: number;
}

/** A WGSL file, its shapes, and its float64 reference. */
export interface Kernel<B extends Bindings = Bindings, O = unknown> {
  readonly name: string;
  /** Path below `shaders/`. */
  readonly shader: string;
  /** In the order of their binding index; the uniform comes last. */
  readonly bindings: B;
  /** Values of the shader's `Params` struct, by field name. */
  readonly params: (dims: Dims, options: O) => Readonly<Record<string, number>>;
  /** Constants put before the shader as `const NAME: u32`; needed where WGSL refuses `override`. Few distinct values: each makes a pipeline. */
  readonly constants?: (dims: Dims, options: O) => Readonly<Record<string, number>>;
  /** One of the two: how many invocations, or how many workgroups, the work needs. */
  readonly threads?: (dims: Dims, options: O) => number;
  readonly workgroups?: (dims: Dims, options: O) => number;
  /** Lanes of a workgroup on this adapter; the default is the adapter's own. */
  readonly lanes?: (traits: DeviceTraits) => number;
  /** The same computation in plain float64 loops. Writes its results into the arrays of `write` and `update` bindings. */
  readonly reference: (arrays: ArraysOf<B>, dims: Dims, options: O) => void;
  readonly tolerance: Readonly<Record<string, Tolerance>>;
}

/**
 * Declares a kernel.
 *
 * @throws KernelError if it has more than 8 storage bindings (the limit every adapter grants) or no grid
 */
export function defineKernel<const B extends Bindings, O>(kernel: Kernel<B, O>): Kernel<B, O> {
  const count = Object.keys(kernel.bindings).length;
  if (count > 8) throw new KernelError(`${kernel.name}: expected at most 8 storage bindings, got ${count}. Split the kernel.`);
  if ((kernel.threads === undefined) === (kernel.workgroups === undefined)) {
    throw new KernelError(`${kernel.name}: expected one of threads and workgroups.`);
  }
  return kernel;
}

/**
 * Solves the dimension letters of a kernel from the tensors handed to it.
 *
 * @throws KernelError if a tensor is missing, has another element type, or two tensors disagree about a letter
 */
export function solveDims(kernel: Pick<Kernel, 'name' | 'bindings'>, tensors: Readonly<Record<string, Tensor>>): Dims {
  const dims: Record<string, number> = {};
  const origin: Record<string, string> = {};
  for (const [name, binding] of Object.entries(kernel.bindings)) {
    const tensor = tensors[name];
    if (!tensor) throw new KernelError(`${kernel.name}: expected a tensor for ${name}, got none.`);
    if (tensor.type !== binding.type) {
      throw new KernelError(`${kernel.name}: expected ${name} to be ${binding.type}, got ${tensor.type} (${tensor.storage.label}).`);
    }
    if (!binding.dims) continue;
    const shown = `[${tensor.shape.join(', ')}]`;
    if (tensor.shape.length !== binding.dims.length) {
      throw new KernelError(`${kernel.name}: expected ${name} to be [${binding.dims.join(', ')}], got ${shown} (${tensor.storage.label}).`);
    }
    binding.dims.forEach((letter, axis) => {
      const size = tensor.shape[axis]!;
      const known = typeof letter === 'number' ? letter : dims[letter];
      if (known === undefined) {
        dims[letter] = size;
        origin[letter] = `${name} ${shown}`;
      } else if (known !== size) {
        throw new KernelError(`${kernel.name}: ${name} is ${shown}, but ${letter} is ${known}${origin[letter] ? ` from ${origin[letter]}` : ''}.`);
      }
    });
  }
  return dims;
}
