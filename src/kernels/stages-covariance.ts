/** Kernels of the covariance methods: how log-prob and advantage lie together, whom Clip-Cov may drop, KL-Cov's pull. */

import type { Device } from '../gpu/device.ts';
import { defineKernel, read, update, write } from '../gpu/kernel.ts';
import type { Tensor } from '../gpu/tensor.ts';
import type { SumColumns, TableView } from './stages.ts';

interface CovarianceOptions {
  readonly advantageOffset: number;
  readonly advantageRow: number;
  readonly advantageColumn: number;
  readonly sumsAt: number;
  readonly tokenCount: number;
}

/** (A − mean A) · (logProb − mean logProb), with the rows' sums of both given. */
export const covarianceKernel = defineKernel({
  name: 'covariance',
  shader: 'stage/covariance.wgsl',
  bindings: {
    responseMask: read('f32', 'B', 'T'),
    logProbs: read('f32', 'B', 'T'),
    advantages: read('f32'),
    sums: read('f32', 'B', 'S'),
    covariance: write('f32', 'B', 'T'),
  },
  params: ({ B, T, S }, options: CovarianceOptions) => ({ ...options, B: B!, T: T!, sumsWidth: S! }),
  threads: ({ B }) => B!,
  reference({ responseMask, logProbs, advantages, sums, covariance }, { B, T, S }, o) {
    const meanOf = (column: number): number =>
      Array.from({ length: B! }, (_, b) => sums[b * S! + o.sumsAt + column]!).reduce((sum, value) => sum + value, 0) / o.tokenCount;
    const [logProbMean, advantageMean] = [meanOf(0), meanOf(1)];
    for (let at = 0; at < B! * T!; at++) {
      const advantage = advantages[o.advantageOffset + Math.floor(at / T!) * o.advantageRow + (at % T!) * o.advantageColumn]!;
      covariance[at] = responseMask[at] === 0 ? 0 : (advantage - advantageMean) * (logProbs[at]! - logProbMean);
    }
  },
  tolerance: { covariance: { absolute: 1e-4, relative: 1e-4 } },
});

export interface Covariance {
  readonly responseMask: Tensor;
  readonly logProbs: Tensor;
  readonly advantages: TableView;
  /** Two columns: Σ logProb and Σ A of each row. */
  readonly sums: SumColumns;
  readonly covariance: Tensor;
}

/** Writes the covariance of every token about the means over `tokenCount` tokens. */
export function covarianceOf(device: Device, { advantages, sums, ...tables }: Covariance, tokenCount: number): void {
  device.run(
    covarianceKernel,
    { ...tables, advantages: advantages.tensor, sums: sums.tensor },
    {
      advantageOffset: advantages.offset,
      advantageRow: advantages.row,
      advantageColumn: advantages.column,
      sumsAt: sums.at,
      tokenCount: Math.max(1, tokenCount),
    },
  );
}

interface CandidateOptions {
  readonly advantageOffset: number;
  readonly advantageRow: number;
  readonly advantageColumn: number;
  readonly boundsOffset: number;
  readonly boundsRow: number;
  readonly boundsColumn: number;
  readonly lowCovariance: number;
  readonly highCovariance: number;
  readonly clampLogRatio: number;
  readonly sumsAt: number;
}

/** 1 where the covariance lies strictly between and the ratio clip has not stopped the token. */
export const clipCovCandidatesKernel = defineKernel({
  name: 'clip-cov-candidates',
  shader: 'stage/clip-cov-candidates.wgsl',
  bindings: {
    responseMask: read('f32', 'B', 'T'),
    policyLogProbs: read('f32', 'B', 'T'),
    oldLogProbs: read('f32', 'B', 'T'),
    advantages: read('f32'),
    bounds: read('f32'),
    covariance: read('f32', 'B', 'T'),
    candidates: write('f32', 'B', 'T'),
    sums: update('f32', 'B', 'S'),
  },
  params: ({ B, T, S }, options: CandidateOptions) => ({ ...options, B: B!, T: T!, sumsWidth: S! }),
  threads: ({ B }) => B!,
  reference({ responseMask, policyLogProbs, oldLogProbs, advantages, bounds, covariance, candidates, sums }, { B, T, S }, o) {
    for (let b = 0; b < B!; b++) {
      let count = 0;
      for (let t = 0; t < T!; t++) {
        const at = b * T! + t;
        const a = advantages[o.advantageOffset + b * o.advantageRow + t * o.advantageColumn]!;
        const ratio = Math.exp(Math.min(o.clampLogRatio, Math.max(-o.clampLogRatio, policyLogProbs[at]! - oldLogProbs[at]!)));
        const bound = o.boundsOffset + b * o.boundsRow + t * o.boundsColumn;
        const isClipped = -a * Math.min(bounds[bound + 1]!, Math.max(bounds[bound]!, ratio)) > -a * ratio;
        const isBetween = covariance[at]! > o.lowCovariance && covariance[at]! < o.highCovariance;
        candidates[at] = responseMask[at] !== 0 && isBetween && !isClipped ? 1 : 0;
        count += candidates[at];
      }
      sums[b * S! + o.sumsAt] = count;
    }
  },
  tolerance: { candidates: { absolute: 0 }, sums: { absolute: 0 } },
});

export interface Candidates {
  readonly responseMask: Tensor;
  readonly policyLogProbs: Tensor;
  readonly oldLogProbs: Tensor;
  readonly advantages: TableView;
  readonly bounds: TableView;
  readonly covariance: Tensor;
  readonly candidates: Tensor;
  /** One column: the candidates of each row. */
  readonly sums: SumColumns;
}

export function clipCovCandidates(
  device: Device,
  { advantages, bounds, sums, ...tables }: Candidates,
  options: Pick<CandidateOptions, 'lowCovariance' | 'highCovariance' | 'clampLogRatio'>,
): void {
  device.run(
    clipCovCandidatesKernel,
    { ...tables, advantages: advantages.tensor, bounds: bounds.tensor, sums: sums.tensor },
    {
      ...options,
      advantageOffset: advantages.offset,
      advantageRow: advantages.row,
      advantageColumn: advantages.column,
      boundsOffset: bounds.offset,
      boundsRow: bounds.row,
      boundsColumn: bounds.column,
      sumsAt: sums.at,
    },
  );
}

/** loss += coefficient · chosen · |Δ|. */
export const pullToOldKernel = defineKernel({
  name: 'pull-to-old',
  shader: 'stage/pull-to-old.wgsl',
  bindings: {
    policyLogProbs: read('f32', 'B', 'T'),
    oldLogProbs: read('f32', 'B', 'T'),
    chosen: read('f32', 'B', 'T'),
    byLogProb: update('f32', 'B', 'T'),
    sums: update('f32', 'B', 'S'),
  },
  params: ({ B, T, S }, options: { readonly coefficient: number; readonly sumsAt: number }) => ({ ...options, B: B!, T: T!, sumsWidth: S! }),
  threads: ({ B }) => B!,
  reference({ policyLogProbs, oldLogProbs, chosen, byLogProb, sums }, { B, T, S }, { coefficient, sumsAt }) {
    for (let b = 0; b < B!; b++) {
      const totals = [0, 0];
      for (let at = b * T!; at < (b + 1) * T!; at++) {
        if (chosen[at] === 0) continue;
        const logRatio = policyLogProbs[at]! - oldLogProbs[at]!;
        byLogProb[at]! += coefficient * chosen[at]! * Math.sign(logRatio);
        totals[0]! += chosen[at]! * Math.abs(logRatio);
        totals[1]! += chosen[at]!;
      }
      sums.set(totals, b * S! + sumsAt);
    }
  },
  tolerance: { byLogProb: { absolute: 1e-6, relative: 1e-5 }, sums: { absolute: 1e-4, relative: 1e-5 } },
});

export interface PullTables {
  readonly policyLogProbs: Tensor;
  readonly oldLogProbs: Tensor;
  readonly chosen: Tensor;
  readonly byLogProb: Tensor;
  /** Two columns: Σ |Δ| and the number of the chosen tokens of each row. */
  readonly sums: SumColumns;
}

export function pullToOld(device: Device, { sums, ...tables }: PullTables, coefficient: number): void {
  device.run(pullToOldKernel, { ...tables, sums: sums.tensor }, { coefficient, sumsAt: sums.at });
}

export const kernels = [covarianceKernel, clipCovCandidatesKernel, pullToOldKernel];
