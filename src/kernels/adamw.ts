/** AdamW with clipping by the global norm: a sum of squares, a decision, an update, and nothing read back between them. */

import type { Device } from '../gpu/device.ts';
import { type ArraysOf, type Dims, defineKernel, read, update } from '../gpu/kernel.ts';
import type { Tensor } from '../gpu/tensor.ts';

const CHUNK = 4096;
const MOST_PARTIALS = 4096;
const SOFTWARE_SPAN = 64;
const LARGEST_F32 = 3.4028234663852886e38;

/** How many partial sums `sumOfSquares` writes for a tensor of `count` elements. */
export function partialCount(count: number): number {
  return Math.ceil(count / chunkOf(count));
}

function chunkOf(count: number): number {
  return Math.max(CHUNK, Math.ceil(count / MOST_PARTIALS));
}

interface SumOptions {
  readonly count: number;
  readonly offset: number;
}

const sumBindings = { values: read('f32'), partials: update('f32') };

const squares = {
  bindings: sumBindings,
  params: (_: Dims, { count, offset }: SumOptions) => ({ count, offset, chunk: chunkOf(count), chunks: partialCount(count) }),
  reference({ values, partials }: ArraysOf<typeof sumBindings>, _: Dims, { count, offset }: SumOptions): void {
    const chunk = chunkOf(count);
    for (let c = 0; c < partialCount(count); c++) {
      const part = values.subarray(c * chunk, Math.min((c + 1) * chunk, count));
      partials[offset + c] = part.reduce((sum, x) => sum + x * x, 0);
    }
  },
  tolerance: { partials: { absolute: 1e-6, relative: 1e-5 } },
};

/** The barrier-free form: one lane sums a chunk. */
export const sumOfSquaresDirect = defineKernel({
  ...squares,
  name: 'sum-of-squares-direct',
  shader: 'optim/sum-of-squares-direct.wgsl',
  threads: (_, { count }) => partialCount(count),
});

/** The form for GPUs: the lanes of a workgroup share a chunk. */
export const sumOfSquaresWorkgroup = defineKernel({
  ...squares,
  name: 'sum-of-squares-workgroup',
  shader: 'optim/sum-of-squares-workgroup.wgsl',
  workgroups: (_, { count }) => partialCount(count),
  lanes: ({ rowLanes }) => rowLanes,
});

interface ClipOptions {
  readonly count: number;
  readonly maxNorm: number;
}

const clipBindings = { partials: read('f32'), control: update('f32') };

const clip = {
  bindings: clipBindings,
  params: (_: Dims, { count, maxNorm }: ClipOptions) => ({ count, maxNorm: Number.isFinite(maxNorm) ? maxNorm : 0 }),
  reference({ partials, control }: ArraysOf<typeof clipBindings>, _: Dims, { count, maxNorm }: ClipOptions): void {
    const sum = partials.subarray(0, count).reduce((total, x) => total + x, 0);
    const isFinite = sum <= LARGEST_F32; // false for NaN too
    const norm = Math.sqrt(sum);
    const clips = isFinite && Number.isFinite(maxNorm) && maxNorm > 0;
    control.set([norm, clips ? Math.min(1, maxNorm / (norm + 1e-6)) : 1, isFinite ? 1 : 0]);
    if (!isFinite) control[3]! += 1;
  },
  tolerance: { control: { absolute: 1e-6, relative: 1e-5 } },
};

/** The barrier-free form: one lane sums all partials. */
export const clipControlDirect = defineKernel({ ...clip, name: 'clip-control-direct', shader: 'optim/clip-control-direct.wgsl', threads: () => 1 });

/** The form for GPUs: the lanes of one workgroup share them. */
export const clipControlWorkgroup = defineKernel({
  ...clip,
  name: 'clip-control-workgroup',
  shader: 'optim/clip-control-workgroup.wgsl',
  workgroups: () => 1,
  lanes: ({ rowLanes }) => rowLanes,
});

export interface AdamwOptions {
  readonly count: number;
  readonly lr: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly weightDecay: number;
  /** Counts from 1 the updates made, for the correction of the moments' bias; those that `control` has skipped beyond `skipped` are taken off. */
  readonly step: number;
  /** Skipped updates that `step` leaves out already; the default is 0. */
  readonly skipped?: number;
}

interface SpannedOptions extends AdamwOptions {
  /** Neighbouring elements of a lane: one on a GPU, more on a processor, where a workgroup costs as much as many elements. */
  readonly span: number;
}

export const adamwDirect = defineKernel({
  name: 'adamw',
  shader: 'optim/adamw.wgsl',
  bindings: { weights: update('f32'), gradients: read('f32'), m: update('f32'), v: update('f32'), control: read('f32') },
  params: (_, options: SpannedOptions) => adamwParams(options),
  threads: (_, { count, span }) => Math.ceil(count / span),
  reference({ weights, gradients, m, v, control }, _, { count, lr, beta1, beta2, eps, weightDecay, step, skipped = 0 }) {
    if (control[2] === 0) return;
    const made = step - (control[3]! - skipped);
    const correction1 = 1 - integerPower(beta1, made);
    const correction2 = 1 - integerPower(beta2, made);
    for (let i = 0; i < count; i++) {
      const g = control[1]! * gradients[i]!;
      m[i] = beta1 * m[i]! + (1 - beta1) * g;
      v[i] = beta2 * v[i]! + (1 - beta2) * g * g;
      weights[i]! -= lr * weightDecay * weights[i]!;
      weights[i]! -= ((lr / correction1) * m[i]!) / (Math.sqrt(v[i]! / correction2) + eps);
    }
  },
  tolerance: {
    weights: { absolute: 1e-6, relative: 1e-6 },
    m: { absolute: 1e-6, relative: 1e-6 },
    v: { absolute: 1e-6, relative: 1e-6 },
  },
});

/** What the shaders are told of an update. */
export function adamwParams(options: SpannedOptions) {
  const [power1, power2] = [integerPower(options.beta1, options.step), integerPower(options.beta2, options.step)];
  return {
    ...options,
    oneMinusBeta1: 1 - options.beta1,
    oneMinusBeta2: 1 - options.beta2,
    decay: options.lr * options.weightDecay,
    correction1: 1 - power1,
    correction2: 1 - power2,
    stepSize: options.lr / (1 - power1),
    rootCorrection2: Math.sqrt(1 - power2),
    stepBack1: options.beta1 === 0 ? 0 : 1 / options.beta1 - 1,
    stepBack2: options.beta2 === 0 ? 0 : 1 / options.beta2 - 1,
    skipped: options.skipped ?? 0,
  };
}

/** base^exponent by repeated squaring: the same bits in every runtime, which `**` does not promise. */
export function integerPower(base: number, exponent: number): number {
  let power = 1;
  for (let square = base, rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) power *= square;
    square *= square;
  }
  return power;
}

export interface SumOfSquares extends SumOptions {
  readonly from: Tensor;
  /** Holds the partial sums of all tensors, one tensor's after another's. */
  readonly partials: Tensor;
}

/** Writes `partialCount(count)` partial sums of squares of a tensor's first `count` elements, from `offset` on. */
export function sumOfSquares(device: Device, { from, partials, count, offset }: SumOfSquares): void {
  const form = device.traits.tier === 'software' ? sumOfSquaresDirect : sumOfSquaresWorkgroup;
  device.run(form, { values: from, partials }, { count, offset });
}

export interface ClipControl extends ClipOptions {
  readonly partials: Tensor;
  /** [4] norm, factor, finite, skipped updates so far */
  readonly control: Tensor;
}

/**
 * Decides about the update from the partial sums of all gradients; what it says is read by `adamw` on the device.
 *
 *   norm = √ Σ partials        factor = min(1, maxNorm / (norm + 1e-6)), or 1 where maxNorm is 0 or Infinity
 */
export function clipControl(device: Device, { partials, control, count, maxNorm }: ClipControl): void {
  const form = device.traits.tier === 'software' ? clipControlDirect : clipControlWorkgroup;
  device.run(form, { partials, control }, { count, maxNorm });
}

export interface Adamw extends AdamwOptions {
  readonly weights: Tensor;
  readonly gradients: Tensor;
  readonly m: Tensor;
  readonly v: Tensor;
  readonly control: Tensor;
}

/**
 * Takes one optimizer step on a tensor, or none where the gradients were not finite.
 *
 * Decay is decoupled: w ← w − lr · weightDecay · w, before the step.
 *
 * @source Loshchilov & Hutter 2019, "Decoupled weight decay regularization"
 */
export function adamw(device: Device, { weights, gradients, m, v, control, ...options }: Adamw): void {
  const span = device.traits.tier === 'software' ? SOFTWARE_SPAN : 1;
  device.run(adamwDirect, { weights, gradients, m, v, control }, { ...options, span });
}
