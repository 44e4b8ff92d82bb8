/** LayerNorm over rows, with weight and bias, and its gradients. The bias's own is a `columnSum`. */

import type { Device } from '../gpu/device.ts';
import { type ArraysOf, defineKernel, read, update, write } from '../gpu/kernel.ts';
import type { Tensor } from '../gpu/tensor.ts';
import { blocksOf, columnTotal, ROWS_PER_BLOCK } from './column-sum.ts';
import { normScratch, wantsWorkgroups } from './rms-norm.ts';
import { expectLength, expectRows, type RowsView } from './rows.ts';

interface Rows {
  readonly count: number;
  /** Elements of a row. */
  readonly width: number;
}

export interface LayerNormForwardOptions extends Rows {
  readonly eps: number;
  readonly xOffset: number;
  readonly xStride: number;
  readonly outOffset: number;
  readonly outStride: number;
}

export interface LayerNormBackwardOptions extends Rows {
  readonly accumulate: number;
  readonly xOffset: number;
  readonly xStride: number;
  readonly dOutOffset: number;
  readonly dOutStride: number;
  readonly dXOffset: number;
  readonly dXStride: number;
}

export type LayerNormWeightOptions = Omit<LayerNormBackwardOptions, 'accumulate' | 'dXOffset' | 'dXStride'>;

const forwardBindings = { x: read('f32'), weight: read('f32'), bias: read('f32'), out: write('f32'), statistics: write('f32') };

const forward = {
  bindings: forwardBindings,
  params: (_: unknown, options: LayerNormForwardOptions) => ({ ...options }),
  reference({ x, weight, bias, out, statistics }: ArraysOf<typeof forwardBindings>, _: unknown, o: LayerNormForwardOptions): void {
    for (let row = 0; row < o.count; row++) {
      const [start, place] = [o.xOffset + row * o.xStride, o.outOffset + row * o.outStride];
      let [mean, variance] = [0, 0];
      for (let c = 0; c < o.width; c++) mean += x[start + c]! / o.width;
      for (let c = 0; c < o.width; c++) variance += (x[start + c]! - mean) ** 2 / o.width;
      const inverse = 1 / Math.sqrt(variance + o.eps);
      [statistics[2 * row], statistics[2 * row + 1]] = [mean, inverse];
      for (let c = 0; c < o.width; c++) out[place + c] = (x[start + c]! - mean) * inverse * weight[c]! + bias[c]!;
    }
  },
  tolerance: { out: { absolute: 1e-6, relative: 1e-5 }, statistics: { absolute: 1e-6, relative: 1e-5 } },
};

/** For CPU adapters, and rows too short to share: one lane to a row. */
export const layerNormForwardDirect = defineKernel({
  ...forward,
  name: 'layer-norm-forward-direct',
  shader: 'norm/layer-norm-forward-direct.wgsl',
  threads: (_, { count }) => count,
});

/** For GPUs: one workgroup to a row. */
export const layerNormForwardWorkgroup = defineKernel({
  ...forward,
  name: 'layer-norm-forward-workgroup',
  shader: 'norm/layer-norm-forward-workgroup.wgsl',
  workgroups: (_, { count }) => count,
  lanes: ({ rowLanes }) => rowLanes,
});

const backwardBindings = { x: read('f32'), weight: read('f32'), statistics: read('f32'), dOut: read('f32'), dX: update('f32') };

const backward = {
  bindings: backwardBindings,
  params: (_: unknown, options: LayerNormBackwardOptions) => ({ ...options }),
  reference({ x, weight, statistics, dOut, dX }: ArraysOf<typeof backwardBindings>, _: unknown, o: LayerNormBackwardOptions): void {
    for (let row = 0; row < o.count; row++) {
      const [start, slopes, place] = [o.xOffset + row * o.xStride, o.dOutOffset + row * o.dOutStride, o.dXOffset + row * o.dXStride];
      const [mean, inverse] = [statistics[2 * row]!, statistics[2 * row + 1]!];
      let [shift, pull] = [0, 0];
      for (let c = 0; c < o.width; c++) {
        const slope = dOut[slopes + c]! * weight[c]!;
        shift += slope / o.width;
        pull += (slope * (x[start + c]! - mean) * inverse * inverse) / o.width;
      }
      for (let c = 0; c < o.width; c++) {
        const value = (dOut[slopes + c]! * weight[c]! - shift - (x[start + c]! - mean) * pull) * inverse;
        dX[place + c] = o.accumulate ? dX[place + c]! + value : value;
      }
    }
  },
  tolerance: { dX: { absolute: 1e-5, relative: 1e-5 } },
};

/** For CPU adapters, and rows too short to share: one lane to a row. */
export const layerNormBackwardDirect = defineKernel({
  ...backward,
  name: 'layer-norm-backward-direct',
  shader: 'norm/layer-norm-backward-direct.wgsl',
  threads: (_, { count }) => count,
});

/** For GPUs: one workgroup to a row. */
export const layerNormBackwardWorkgroup = defineKernel({
  ...backward,
  name: 'layer-norm-backward-workgroup',
  shader: 'norm/layer-norm-backward-workgroup.wgsl',
  workgroups: (_, { count }) => count,
  lanes: ({ rowLanes }) => rowLanes,
});

/** sums[b, c] = Σ dOut · (x − mean) · inverse over the rows of block b */
export const layerNormWeightBackwardKernel = defineKernel({
  name: 'layer-norm-weight-backward',
  shader: 'norm/layer-norm-weight-backward.wgsl',
  bindings: { x: read('f32'), statistics: read('f32'), dOut: read('f32'), sums: write('f32') },
  params: (_, options: LayerNormWeightOptions) => ({ ...options }),
  constants: () => ({ BLOCK: ROWS_PER_BLOCK }),
  threads: (_, { count, width }) => blocksOf(count) * width,
  tolerance: { sums: { absolute: 1e-5, relative: 1e-5 } },
  reference({ x, statistics, dOut, sums }, _, o) {
    sums.fill(0, 0, blocksOf(o.count) * o.width);
    for (let row = 0; row < o.count; row++) {
      const place = Math.floor(row / ROWS_PER_BLOCK) * o.width;
      for (let c = 0; c < o.width; c++) {
        const y = (x[o.xOffset + row * o.xStride + c]! - statistics[2 * row]!) * statistics[2 * row + 1]!;
        sums[place + c]! += dOut[o.dOutOffset + row * o.dOutStride + c]! * y;
      }
    }
  },
});

export interface LayerNormForward extends Rows {
  readonly x: RowsView;
  /** Both [width]. */
  readonly weight: Tensor;
  readonly bias: Tensor;
  readonly out: RowsView;
  /** [count, 2], mean and inverse deviation, kept for the way back. */
  readonly statistics: Tensor;
  readonly eps: number;
}

/**
 * Records out = (x − mean) · inverse · weight + bias, inverse = 1 / √(variance + eps).
 *
 * @throws KernelError if a tensor is too short
 */
export function layerNormForward(device: Device, { x, weight, bias, out, statistics, count, width, eps }: LayerNormForward): void {
  expectRows('layer-norm-forward x', x, count, width);
  expectLength('layer-norm-forward weight', weight, width);
  expectLength('layer-norm-forward bias', bias, width);
  expectRows('layer-norm-forward out', out, count, width);
  expectLength('layer-norm-forward statistics', statistics, 2 * count);
  const options = { count, width, eps, xOffset: x.offset, xStride: x.stride, outOffset: out.offset, outStride: out.stride };
  const kernel = wantsWorkgroups(device, width) ? layerNormForwardWorkgroup : layerNormForwardDirect;
  device.run(kernel, { x: x.tensor, weight, bias, out: out.tensor, statistics }, options);
}

export interface LayerNormBackward extends Rows {
  readonly x: RowsView;
  /** [width] */
  readonly weight: Tensor;
  /** [count, 2], from the way forward. */
  readonly statistics: Tensor;
  readonly dOut: RowsView;
  readonly dX: RowsView;
  /** Adds to dX, as the gradient of a residual stream does. */
  readonly accumulate: boolean;
}

/**
 * Records dX = (g − mean(g) − y · mean(g · y)) · inverse (+ dX), with y = (x − mean) · inverse and g = dOut · weight.
 *
 * `dX` is another tensor than `x` and `dOut`: WebGPU refuses to read and write one buffer through two bindings.
 *
 * @throws KernelError if a tensor is too short
 */
export function layerNormBackward(device: Device, { x, weight, statistics, dOut, dX, count, width, accumulate }: LayerNormBackward): void {
  expectRows('layer-norm-backward x', x, count, width);
  expectLength('layer-norm-backward statistics', statistics, 2 * count);
  expectRows('layer-norm-backward dOut', dOut, count, width);
  expectRows('layer-norm-backward dX', dX, count, width);
  const options = {
    ...{ count, width, accumulate: accumulate ? 1 : 0, xOffset: x.offset, xStride: x.stride },
    ...{ dOutOffset: dOut.offset, dOutStride: dOut.stride, dXOffset: dX.offset, dXStride: dX.stride },
  };
  const kernel = wantsWorkgroups(device, width) ? layerNormBackwardWorkgroup : layerNormBackwardDirect;
  device.run(kernel, { x: x.tensor, weight, statistics, dOut: dOut.tensor, dX: dX.tensor }, options);
}

export interface LayerNormWeightBackward extends Rows {
  readonly x: RowsView;
  readonly statistics: Tensor;
  readonly dOut: RowsView;
  /** [width], added to. */
  readonly dWeight: Tensor;
  /** At least `normScratch(count, width)` elements. */
  readonly scratch: Tensor;
}

/**
 * Records dWeight += Σ dOut · (x − mean) · inverse over all rows, in blocks and then over the blocks: a fixed order.
 *
 * @throws KernelError if a tensor is too short
 */
export function layerNormWeightBackward(device: Device, { x, statistics, dOut, dWeight, scratch, count, width }: LayerNormWeightBackward): void {
  if (count === 0) return;
  expectRows('layer-norm-weight-backward x', x, count, width);
  expectRows('layer-norm-weight-backward dOut', dOut, count, width);
  expectLength('layer-norm-weight-backward scratch', scratch, normScratch(count, width));
  const options = { count, width, xOffset: x.offset, xStride: x.stride, dOutOffset: dOut.offset, dOutStride: dOut.stride };
  device.run(layerNormWeightBackwardKernel, { x: x.tensor, statistics, dOut: dOut.tensor, sums: scratch }, options);
  columnTotal(device, { sums: scratch, out: dWeight, blocks: blocksOf(count), width });
}
