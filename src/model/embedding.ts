/** From tokens to the residual stream: each token's embedding, and its position's where positions are learned. */

import type { Device } from '../gpu/device.ts';
import type { Tensor } from '../gpu/tensor.ts';
import { rowsOf } from '../kernels/rows.ts';
import type { ModelConfig } from './config.ts';
import type { DeviceBatch } from './device-batch.ts';
import type { Parameters } from './parameters.ts';
import { addRowsToGradient, gatherWeightRows, type GradientOf } from './weight-matrix.ts';

export interface FedTokens {
  /** u32 [count] */
  readonly tokens: Tensor;
  readonly positions: Tensor;
  readonly count: number;
}

/** Writes the stream [count, width]. */
export function embedTokens(device: Device, { embedding, positions: learned }: Parameters, { width }: ModelConfig, fed: FedTokens, out: Tensor): void {
  const { tokens, positions, count } = fed;
  gatherWeightRows(device, embedding, { rows: tokens, out: rowsOf(out, width), count });
  if (learned) gatherWeightRows(device, learned, { rows: positions, out: rowsOf(out, width), count, accumulate: true });
}

/** Adds the stream's gradient to those of the embeddings, where they are trained. */
export function embedBackward(
  device: Device,
  { embedding, positions }: Parameters,
  { width }: ModelConfig,
  { byToken, byPosition }: DeviceBatch,
  dStream: Tensor,
  gradientOf: GradientOf,
): void {
  const from = rowsOf(dStream, width);
  addRowsToGradient(device, embedding, { from, ...byToken }, gradientOf);
  if (positions && byPosition) addRowsToGradient(device, positions, { from, ...byPosition }, gradientOf);
}
