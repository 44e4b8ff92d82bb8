/** Importance weights for the gap between the sampler's log-probs and the trainer's. */

import type { Device } from '../gpu/device.ts';
import { defineKernel, read, update, write } from '../gpu/kernel.ts';
import type { Tensor } from '../gpu/tensor.ts';
import type { SumColumns } from './stages.ts';

interface WeightOptions {
  readonly wholeRow: number;
  readonly masks: number;
  readonly low: number;
  readonly high: number;
  readonly clampLogRatio: number;
  readonly sumsAt: number;
}

/** w = clip(e^x, low, high), or e^x where inside and 0 elsewhere; x per token or per row. */
export const rolloutWeightsKernel = defineKernel({
  name: 'rollout-weights',
  shader: 'stage/rollout-weights.wgsl',
  bindings: {
    responseMask: read('f32', 'B', 'T'),
    oldLogProbs: read('f32', 'B', 'T'),
    rolloutLogProbs: read('f32', 'B', 'T'),
    weights: write('f32', 'B', 'T'),
    sums: update('f32', 'B', 'S'),
  },
  params: ({ B, T, S }, options: WeightOptions) => ({ ...options, B: B!, T: T!, sumsWidth: S! }),
  threads: ({ B }) => B!,
  reference({ responseMask, oldLogProbs, rolloutLogProbs, weights, sums }, { B, T, S }, o) {
    for (let b = 0; b < B!; b++) {
      const valid = Array.from({ length: T! }, (_, t) => b * T! + t).filter((at) => responseMask[at] !== 0);
      const gaps = valid.map((at) => oldLogProbs[at]! - rolloutLogProbs[at]!);
      const rowGap = gaps.reduce((sum, gap) => sum + gap, 0);
      const totals = [0, 0, 0, 0];
      weights.fill(0, b * T!, (b + 1) * T!);
      valid.forEach((at, index) => {
        const raw = Math.exp(Math.min(o.clampLogRatio, Math.max(-o.clampLogRatio, o.wholeRow ? rowGap : gaps[index]!)));
        const isOutside = raw > o.high || raw < o.low;
        const weight = o.masks ? (isOutside ? 0 : raw) : Math.min(o.high, Math.max(o.low, raw));
        weights[at] = weight;
        [weight, raw > o.high ? 1 : 0, raw < o.low ? 1 : 0, weight * weight].forEach((part, column) => (totals[column]! += part));
      });
      sums.set(totals, b * S! + o.sumsAt);
    }
  },
  tolerance: { weights: { absolute: 1e-5, relative: 1e-5 }, sums: { absolute: 1e-4, relative: 1e-4 } },
});

export interface RolloutWeightTables {
  readonly responseMask: Tensor;
  readonly oldLogProbs: Tensor;
  readonly rolloutLogProbs: Tensor;
  readonly weights: Tensor;
  /** Four columns: Σ w, tokens above, tokens below the bounds, Σ w². */
  readonly sums: SumColumns;
}

export interface RolloutWeightOptions {
  readonly level: 'token' | 'sequence';
  /** Outside the bounds: held at them, or weight 0. */
  readonly outside: 'clip' | 'zero';
  readonly low: number;
  readonly high: number;
  readonly clampLogRatio: number;
}

export function rolloutWeights(device: Device, { sums, ...tables }: RolloutWeightTables, { level, outside, ...bounds }: RolloutWeightOptions): void {
  device.run(
    rolloutWeightsKernel,
    { ...tables, sums: sums.tensor },
    {
      ...bounds,
      wholeRow: level === 'sequence' ? 1 : 0,
      masks: outside === 'zero' ? 1 : 0,
      sumsAt: sums.at,
    },
  );
}

export const kernels = [rolloutWeightsKernel];
