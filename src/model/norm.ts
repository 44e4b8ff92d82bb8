/** The norm of an architecture, forward and backward: RMS norm, or LayerNorm where it has a bias. */

import type { Device } from '../gpu/device.ts';
import type { Tensor } from '../gpu/tensor.ts';
import { columnSum } from '../kernels/column-sum.ts';
import { layerNormBackward, layerNormForward, layerNormWeightBackward } from '../kernels/layer-norm.ts';
import { rmsNormBackward, rmsNormForward, rmsNormWeightBackward } from '../kernels/rms-norm.ts';
import { type RowsView, rowsOf } from '../kernels/rows.ts';
import { architectureOf } from './architecture.ts';
import type { ModelConfig } from './config.ts';
import type { Parameter } from './parameter.ts';
import type { GradientOf } from './weight-matrix.ts';

/** Numbers of a row that the way back needs. */
export function statisticsWidth(config: ModelConfig): number {
  return architectureOf(config).norm === 'layer' ? 2 : 1;
}

export interface Norm {
  readonly device: Device;
  readonly config: ModelConfig;
  readonly count: number;
  readonly weight: Parameter;
  readonly bias: Parameter | null;
  /** [count, width] */
  readonly x: Tensor;
  /** [count, `statisticsWidth`]: written forward, read backward. */
  readonly statistics: Tensor;
}

/** Writes the normalised rows. */
export function forwardNorm({ device, config: { width, normEps: eps }, count, weight, bias, x, statistics }: Norm, out: RowsView): void {
  const shared = { x: rowsOf(x, width), out, weight: weight.weights, count, width, eps };
  if (bias) layerNormForward(device, { ...shared, bias: bias.weights, statistics });
  else rmsNormForward(device, { ...shared, inverseRms: statistics, heads: 1 });
}

export interface NormGradients {
  readonly dOut: Tensor;
  readonly dX: Tensor;
  /** Adds to dX, as the gradient of a residual stream does. */
  readonly accumulate: boolean;
  readonly gradientOf: GradientOf;
  /** At least `normScratch(count, width)` elements. */
  readonly scratch: Tensor;
}

/** Writes the gradient of the rows, and adds to those of weight and bias where they are trained. */
export function backwardNorm({ device, config: { width }, count, weight, bias, x, statistics }: Norm, back: NormGradients): void {
  const { accumulate, gradientOf, scratch } = back;
  const shared = { x: rowsOf(x, width), dOut: rowsOf(back.dOut, width), count, width };
  const written = { weight: weight.weights, dX: rowsOf(back.dX, width), accumulate };
  const dWeight = gradientOf(weight);
  const dBias = bias && gradientOf(bias);
  if (bias) {
    if (dWeight) layerNormWeightBackward(device, { ...shared, statistics, dWeight, scratch });
    if (dBias) columnSum(device, { from: shared.dOut, out: dBias, scratch, count, width });
    layerNormBackward(device, { ...shared, ...written, statistics });
    return;
  }
  const rms = { ...shared, inverseRms: statistics, heads: 1 };
  if (dWeight) rmsNormWeightBackward(device, { ...rms, dWeight, scratch });
  rmsNormBackward(device, { ...rms, ...written });
}
