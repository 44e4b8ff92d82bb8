/** Root-mean-square norm over rows, or over the heads side by side in each row, and its gradients. */

import type { Device } from '../gpu/device.ts';
import { type ArraysOf, defineKernel, read, update, write } from '../gpu/kernel.ts';
import type { Tensor } from '../gpu/tensor.ts';
import { blocksOf, columnTotal, ROWS_PER_BLOCK } from './column-sum.ts';
import { expectLength, expectRows, type RowsView } from './rows.ts';

interface Pieces {
  readonly count: number;
  /** Pieces side by side in a row, each with its own root mean square. */
  readonly heads: number;
  /** Elements of a piece. */
  readonly width: number;
}

export interface RmsNormForwardOptions extends Pieces {
  readonly eps: number;
  readonly xOffset: number;
  readonly xStride: number;
  readonly outOffset: number;
  readonly outStride: number;
}

export interface RmsNormBackwardOptions extends Pieces {
  readonly accumulate: number;
  readonly xOffset: number;
  readonly xStride: number;
  readonly dOutOffset: number;
  readonly dOutStride: number;
  readonly dXOffset: number;
  readonly dXStride: number;
}

export type RmsNormWeightOptions = Omit<RmsNormBackwardOptions, 'accumulate' | 'dXOffset' | 'dXStride'>;

const forwardBindings = { x: read('f32'), weight: read('f32'), out: write('f32'), inverseRms: write('f32') };

const forward = {
  bindings: forwardBindings,
  params: (_: unknown, options: RmsNormForwardOptions) => ({ ...options }),
  reference({ x, weight, out, inverseRms }: ArraysOf<typeof forwardBindings>, _: unknown, o: RmsNormForwardOptions): void {
    for (let piece = 0; piece < o.count * o.heads; piece++) {
      const start = placeOf(piece, o, o.xOffset, o.xStride);
      const place = placeOf(piece, o, o.outOffset, o.outStride);
      let squares = 0;
      for (let c = 0; c < o.width; c++) squares += x[start + c]! ** 2;
      const scale = 1 / Math.sqrt(squares / o.width + o.eps);
      inverseRms[piece] = scale;
      for (let c = 0; c < o.width; c++) out[place + c] = x[start + c]! * scale * weight[c]!;
    }
  },
  tolerance: { out: { absolute: 1e-6, relative: 1e-5 }, inverseRms: { absolute: 1e-6, relative: 1e-5 } },
};

/** For CPU adapters, and pieces too short to share: one lane to a piece. */
export const rmsNormForwardDirect = defineKernel({
  ...forward,
  name: 'rms-norm-forward-direct',
  shader: 'norm/rms-norm-forward-direct.wgsl',
  threads: (_, { count, heads }) => count * heads,
});

/** For GPUs: one workgroup to a piece. */
export const rmsNormForwardWorkgroup = defineKernel({
  ...forward,
  name: 'rms-norm-forward-workgroup',
  shader: 'norm/rms-norm-forward-workgroup.wgsl',
  workgroups: (_, { count, heads }) => count * heads,
  lanes: ({ rowLanes }) => rowLanes,
});

const backwardBindings = { x: read('f32'), weight: read('f32'), inverseRms: read('f32'), dOut: read('f32'), dX: update('f32') };

const backward = {
  bindings: backwardBindings,
  params: (_: unknown, options: RmsNormBackwardOptions) => ({ ...options }),
  reference({ x, weight, inverseRms, dOut, dX }: ArraysOf<typeof backwardBindings>, _: unknown, o: RmsNormBackwardOptions): void {
    for (let piece = 0; piece < o.count * o.heads; piece++) {
      const start = placeOf(piece, o, o.xOffset, o.xStride);
      const slopes = placeOf(piece, o, o.dOutOffset, o.dOutStride);
      const place = placeOf(piece, o, o.dXOffset, o.dXStride);
      const scale = inverseRms[piece]!;
      let products = 0;
      for (let c = 0; c < o.width; c++) products += dOut[slopes + c]! * weight[c]! * x[start + c]!;
      const pull = (products * scale * scale) / o.width;
      for (let c = 0; c < o.width; c++) {
        const value = (dOut[slopes + c]! * weight[c]! - x[start + c]! * pull) * scale;
        dX[place + c] = o.accumulate ? dX[place + c]! + value : value;
      }
    }
  },
  tolerance: { dX: { absolute: 1e-5, relative: 1e-5 } },
};

/** For CPU adapters, and pieces too short to share: one lane to a piece. */
export const rmsNormBackwardDirect = defineKernel({
  ...backward,
  name: 'rms-norm-backward-direct',
  shader: 'norm/rms-norm-backward-direct.wgsl',
  threads: (_, { count, heads }) => count * heads,
});

/** For GPUs: one workgroup to a piece. */
export const rmsNormBackwardWorkgroup = defineKernel({
  ...backward,
  name: 'rms-norm-backward-workgroup',
  shader: 'norm/rms-norm-backward-workgroup.wgsl',
  workgroups: (_, { count, heads }) => count * heads,
  lanes: ({ rowLanes }) => rowLanes,
});

/** sums[b, c] = Σ dOut · x · inverseRms over the pieces of block b */
export const rmsNormWeightBackwardKernel = defineKernel({
  name: 'rms-norm-weight-backward',
  shader: 'norm/rms-norm-weight-backward.wgsl',
  bindings: { x: read('f32'), inverseRms: read('f32'), dOut: read('f32'), sums: write('f32') },
  params: (_, options: RmsNormWeightOptions) => ({ ...options }),
  constants: () => ({ BLOCK: ROWS_PER_BLOCK }),
  threads: (_, { count, heads, width }) => blocksOf(count * heads) * width,
  tolerance: { sums: { absolute: 1e-5, relative: 1e-5 } },
  reference({ x, inverseRms, dOut, sums }, _, o) {
    sums.fill(0, 0, blocksOf(o.count * o.heads) * o.width);
    for (let piece = 0; piece < o.count * o.heads; piece++) {
      const start = placeOf(piece, o, o.xOffset, o.xStride);
      const slopes = placeOf(piece, o, o.dOutOffset, o.dOutStride);
      const place = Math.floor(piece / ROWS_PER_BLOCK) * o.width;
      for (let c = 0; c < o.width; c++) sums[place + c]! += dOut[slopes + c]! * x[start + c]! * inverseRms[piece]!;
    }
  },
});

const SHORTEST_SHARED = 64;

/** Whether a row is shared by a workgroup: of a norm, of either kind. */
export function wantsWorkgroups(device: Device, width: number): boolean {
  return device.traits.tier !== 'software' && width >= SHORTEST_SHARED;
}

function placeOf(piece: number, { heads, width }: Pieces, offset: number, stride: number): number {
  return offset + Math.floor(piece / heads) * stride + (piece % heads) * width;
}

export interface RmsNormForward extends Pieces {
  readonly x: RowsView;
  /** [width] */
  readonly weight: Tensor;
  readonly out: RowsView;
  /** [count, heads], kept for the way back. */
  readonly inverseRms: Tensor;
  readonly eps: number;
}

/**
 * Records out = x · inverseRms · weight, inverseRms = 1 / √(mean x² + eps).
 *
 * `x` and `out` are different tensors: WebGPU refuses to read and write one buffer through two bindings.
 *
 * @throws KernelError if a tensor is too short
 */
export function rmsNormForward(device: Device, { x, weight, out, inverseRms, count, heads, width, eps }: RmsNormForward): void {
  expectRows('rms-norm-forward x', x, count, heads * width);
  expectLength('rms-norm-forward weight', weight, width);
  expectRows('rms-norm-forward out', out, count, heads * width);
  expectLength('rms-norm-forward inverseRms', inverseRms, count * heads);
  const options = { count, heads, width, eps, xOffset: x.offset, xStride: x.stride, outOffset: out.offset, outStride: out.stride };
  const kernel = wantsWorkgroups(device, width) ? rmsNormForwardWorkgroup : rmsNormForwardDirect;
  device.run(kernel, { x: x.tensor, weight, out: out.tensor, inverseRms }, options);
}

export interface RmsNormBackward extends Pieces {
  readonly x: RowsView;
  /** [width] */
  readonly weight: Tensor;
  /** [count, heads], from the way forward. */
  readonly inverseRms: Tensor;
  readonly dOut: RowsView;
  readonly dX: RowsView;
  /** Adds to dX, as the gradient of a residual stream does. */
  readonly accumulate: boolean;
}

/**
 * Records dX = (g − y · mean(g · y)) · inverseRms (+ dX), with y = x · inverseRms and g = dOut · weight.
 *
 * `dX` is another tensor than `x` and `dOut`: WebGPU refuses to read and write one buffer through two bindings.
 *
 * @throws KernelError if a tensor is too short
 */
export function rmsNormBackward(device: Device, { x, weight, inverseRms, dOut, dX, count, heads, width, accumulate }: RmsNormBackward): void {
  expectRows('rms-norm-backward x', x, count, heads * width);
  expectLength('rms-norm-backward inverseRms', inverseRms, count * heads);
  expectRows('rms-norm-backward dOut', dOut, count, heads * width);
  expectRows('rms-norm-backward dX', dX, count, heads * width);
  const options = {
    ...{ count, heads, width, accumulate: accumulate ? 1 : 0, xOffset: x.offset, xStride: x.stride },
    ...{ dOutOffset: dOut.offset, dOutStride: dOut.stride, dXOffset: dX.offset, dXStride: dX.stride },
  };
  const kernel = wantsWorkgroups(device, width) ? rmsNormBackwardWorkgroup : rmsNormBackwardDirect;
  device.run(kernel, { x: x.tensor, weight, inverseRms, dOut: dOut.tensor, dX: dX.tensor }, options);
}

export interface RmsNormWeightBackward extends Pieces {
  readonly x: RowsView;
  readonly inverseRms: Tensor;
  readonly dOut: RowsView;
  /** [width], added to. */
  readonly dWeight: Tensor;
  /** At least `normScratch(count, width, heads)` elements. */
  readonly scratch: Tensor;
}

/** Elements of scratch that `rmsNormWeightBackward` needs. */
export function normScratch(count: number, width: number, heads = 1): number {
  return blocksOf(count * heads) * width;
}

/**
 * Records dWeight += Σ dOut · x · inverseRms over all pieces, in blocks and then over the blocks: a fixed order.
 *
 * @throws KernelError if a tensor is too short
 */
export function rmsNormWeightBackward(device: Device, { x, inverseRms, dOut, dWeight, scratch, count, heads, width }: RmsNormWeightBackward): void {
  if (count === 0) return;
  expectRows('rms-norm-weight-backward x', x, count, heads * width);
  expectRows('rms-norm-weight-backward dOut', dOut, count, heads * width);
  expectLength('rms-norm-weight-backward scratch', scratch, normScratch(count, width, heads));
  const options = { count, heads, width, xOffset: x.offset, xStride: x.stride, dOutOffset: dOut.offset, dOutStride: dOut.stride };
  device.run(rmsNormWeightBackwardKernel, { x: x.tensor, inverseRms, dOut: dOut.tensor, sums: scratch }, options);
  columnTotal(device, { sums: scratch, out: dWeight, blocks: blocksOf(count * heads), width });
}
