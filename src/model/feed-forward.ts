/** What stands between the two products of a feed-forward block: SwiGLU or gelu. */

import type { Device } from '../gpu/device.ts';
import type { Tensor } from '../gpu/tensor.ts';
import { geluBackward, geluForward } from '../kernels/gelu.ts';
import { rowsOf } from '../kernels/rows.ts';
import { swigluBackward, swigluForward } from '../kernels/swiglu.ts';
import { architectureOf } from './architecture.ts';
import type { ModelConfig } from './config.ts';

/** Elements that the activation reads to a row. */
export function gateUpWidth(config: ModelConfig): number {
  return architectureOf(config).feedForward === 'swiglu' ? 2 * config.ffWidth : config.ffWidth;
}

interface Activation {
  readonly device: Device;
  readonly config: ModelConfig;
  readonly count: number;
}

/** Writes out [count, ffWidth] from gateUp [count, gateUpWidth]. */
export function activate({ device, config, count }: Activation, gateUp: Tensor, out: Tensor): void {
  const width = config.ffWidth;
  const [from, to] = [rowsOf(gateUp, gateUpWidth(config)), rowsOf(out, width)];
  if (architectureOf(config).feedForward === 'swiglu') swigluForward(device, { gateUp: from, out: to, count, width });
  else geluForward(device, { x: from, out: to, count, width });
}

/** Writes the gradient of gateUp from that of out. */
export function activateBackward({ device, config, count }: Activation, gateUp: Tensor, dOut: Tensor, dGateUp: Tensor): void {
  const width = config.ffWidth;
  const row = gateUpWidth(config);
  const shared = { dOut: rowsOf(dOut, width), count, width };
  if (architectureOf(config).feedForward === 'swiglu') swigluBackward(device, { ...shared, gateUp: rowsOf(gateUp, row), dGateUp: rowsOf(dGateUp, row) });
  else geluBackward(device, { ...shared, x: rowsOf(gateUp, row), dX: rowsOf(dGateUp, row) });
}
