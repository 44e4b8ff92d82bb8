/** Kernels that read entropies: shaped advantages, the entropy-ratio gate, and the pull of a mean entropy to its anchor. */

import type { Device } from '../gpu/device.ts';
import { defineKernel, read, update, write } from '../gpu/kernel.ts';
import type { Tensor } from '../gpu/tensor.ts';
import type { SumColumns, TableView } from './stages.ts';

interface ShapedOptions {
  readonly advantageOffset: number;
  readonly advantageRow: number;
  readonly advantageColumn: number;
  readonly alpha: number;
  readonly kappa: number;
}

/** A + min(alpha · entropy, |A| / kappa). */
export const entropyShapedKernel = defineKernel({
  name: 'entropy-shaped-advantages',
  shader: 'stage/entropy-shaped-advantages.wgsl',
  bindings: { responseMask: read('f32', 'B', 'T'), entropies: read('f32', 'B', 'T'), advantages: read('f32'), shaped: write('f32', 'B', 'T') },
  params: ({ B, T }, options: ShapedOptions) => ({ ...options, B: B!, T: T! }),
  threads: ({ B, T }) => B! * T!,
  reference({ responseMask, entropies, advantages, shaped }, { T }, o) {
    for (let at = 0; at < shaped.length; at++) {
      const a = advantages[o.advantageOffset + Math.floor(at / T!) * o.advantageRow + (at % T!) * o.advantageColumn]!;
      shaped[at] = responseMask[at] === 0 ? 0 : a + Math.min(o.alpha * entropies[at]!, Math.abs(a) / o.kappa);
    }
  },
  tolerance: { shaped: { absolute: 1e-6, relative: 1e-5 } },
});

export interface ShapedTables {
  readonly responseMask: Tensor;
  readonly entropies: Tensor;
  readonly advantages: TableView;
  readonly shaped: Tensor;
}

export function entropyShaped(device: Device, { advantages, ...tables }: ShapedTables, options: { readonly alpha: number; readonly kappa: number }): void {
  device.run(
    entropyShapedKernel,
    { ...tables, advantages: advantages.tensor },
    {
      ...options,
      advantageOffset: advantages.offset,
      advantageRow: advantages.row,
      advantageColumn: advantages.column,
    },
  );
}

interface GateOptions {
  readonly low: number;
  readonly high: number;
  readonly sumsAt: number;
}

/** byLogProb ← 0 where entropy / oldEntropy leaves (low, high). */
export const entropyRatioGateKernel = defineKernel({
  name: 'entropy-ratio-gate',
  shader: 'stage/entropy-ratio-gate.wgsl',
  bindings: {
    responseMask: read('f32', 'B', 'T'),
    entropies: read('f32', 'B', 'T'),
    oldEntropies: read('f32', 'B', 'T'),
    inside: write('f32', 'B', 'T'),
    byLogProb: update('f32', 'B', 'T'),
    sums: update('f32', 'B', 'S'),
  },
  params: ({ B, T, S }, options: GateOptions) => ({ ...options, B: B!, T: T!, sumsWidth: S! }),
  threads: ({ B }) => B!,
  reference({ responseMask, entropies, oldEntropies, inside, byLogProb, sums }, { B, T, S }, { low, high, sumsAt }) {
    for (let b = 0; b < B!; b++) {
      let count = 0;
      for (let at = b * T!; at < (b + 1) * T!; at++) {
        const ratio = entropies[at]! / oldEntropies[at]!;
        inside[at] = responseMask[at] !== 0 && ratio > low && ratio < high ? 1 : 0;
        if (inside[at] === 0) byLogProb[at] = 0;
        count += inside[at]!;
      }
      sums[b * S! + sumsAt] = count;
    }
  },
  tolerance: { inside: { absolute: 0 }, byLogProb: { absolute: 1e-7, relative: 1e-6 }, sums: { absolute: 0 } },
});

export interface GateTables {
  readonly responseMask: Tensor;
  readonly entropies: Tensor;
  readonly oldEntropies: Tensor;
  readonly inside: Tensor;
  readonly byLogProb: Tensor;
  /** One column: tokens inside the band. */
  readonly sums: SumColumns;
}

export function entropyRatioGate(device: Device, { sums, ...tables }: GateTables, band: { readonly low: number; readonly high: number }): void {
  device.run(entropyRatioGateKernel, { ...tables, sums: sums.tensor }, { ...band, sumsAt: sums.at });
}

interface AnchorOptions {
  readonly rowCount: number;
  readonly anchor: number;
  readonly coefficient: number;
}

/** loss = coefficient · (mean over rows of the kept tokens' mean entropy − anchor)². */
export const anchoredEntropyKernel = defineKernel({
  name: 'anchored-entropy',
  shader: 'stage/anchored-entropy.wgsl',
  bindings: { keep: read('f32', 'B', 'T'), sums: read('f32', 'B', 'S'), byEntropy: write('f32', 'B', 'T') },
  params: ({ B, T, S }, options: AnchorOptions & { readonly sumsAt: number }) => ({ ...options, B: B!, T: T!, sumsWidth: S! }),
  threads: ({ B }) => B!,
  reference({ keep, sums, byEntropy }, { B, T, S }, { sumsAt, rowCount, anchor, coefficient }) {
    const counts = Array.from({ length: B! }, (_, b) => sums[b * S! + sumsAt]!);
    const mean = counts.reduce((sum, count, b) => sum + (count > 0 ? sums[b * S! + sumsAt + 1]! / count : 0), 0) / rowCount;
    const slope = 2 * coefficient * (mean - anchor);
    for (let at = 0; at < byEntropy.length; at++) byEntropy[at] = keep[at] === 0 ? 0 : slope / (counts[Math.floor(at / T!)]! * rowCount);
  },
  tolerance: { byEntropy: { absolute: 1e-7, relative: 1e-4 } },
});

/** Writes `byEntropy`; `sums` are two columns of kept tokens and of their entropies. */
export function anchoredEntropy(
  device: Device,
  { keep, sums, byEntropy }: { readonly keep: Tensor; readonly sums: SumColumns; readonly byEntropy: Tensor },
  options: AnchorOptions,
): void {
  device.run(anchoredEntropyKernel, { keep, sums: sums.tensor, byEntropy }, { ...options, sumsAt: sums.at });
}

export const kernels = [entropyShapedKernel, entropyRatioGateKernel, anchoredEntropyKernel];
