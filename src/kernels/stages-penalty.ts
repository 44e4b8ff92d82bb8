/** Terms added to the policy loss: KL to the reference, and the entropy bonus. */

import type { Device } from '../gpu/device.ts';
import { defineKernel, read, update, write } from '../gpu/kernel.ts';
import type { Tensor } from '../gpu/tensor.ts';
import type { SumColumns, TableView } from './stages.ts';

/** Estimates of KL(policy ‖ reference) from one sampled token; `+` keeps the value and takes k2's slope. */
export type KlEstimator = 'k1' | 'abs' | 'k2' | 'k3' | 'k1+' | 'abs+' | 'k2+' | 'k3+';
const ESTIMATORS = ['k1', 'abs', 'k2', 'k3'];

export interface KlOptions {
  readonly estimator: KlEstimator;
  /** The log-ratio is held in ± this; `UNCLAMPED` for none. */
  readonly clampLogRatio: number;
  /** The k3 value is held in ± this; `UNBOUNDED` for none. */
  readonly clampK3: number;
  /** Multiplies by the ratio to the old policy, which makes the estimate unbiased off-policy. */
  readonly biasCorrection: boolean;
}

/** One token's estimate and its slope in the policy's log-prob; x = refLogProb − policyLogProb. */
export function klEstimate(raw: number, { estimator, clampLogRatio, clampK3 }: KlOptions): { readonly value: number; readonly slope: number } {
  const x = Math.min(clampLogRatio, Math.max(-clampLogRatio, raw));
  const moves = Math.abs(raw) <= clampLogRatio ? 1 : 0;
  const plain = plainEstimate(estimator.replace('+', ''), x, clampK3);
  return { value: plain.value, slope: estimator.endsWith('+') ? -raw : plain.slope * moves };
}

function plainEstimate(name: string, x: number, clampK3: number): { readonly value: number; readonly slope: number } {
  if (name === 'k1') return { value: -x, slope: 1 };
  if (name === 'abs') return { value: Math.abs(x), slope: -Math.sign(x) };
  if (name === 'k2') return { value: 0.5 * x * x, slope: -x };
  const value = Math.exp(x) - x - 1;
  return Math.abs(value) <= clampK3 ? { value, slope: 1 - Math.exp(x) } : { value: Math.sign(value) * clampK3, slope: 0 };
}

interface KlKernelOptions extends KlOptions {
  readonly coefficientOffset: number;
  readonly coefficientRow: number;
  readonly coefficientColumn: number;
  readonly sumsAt: number;
}

export const klPenaltyKernel = defineKernel({
  name: 'kl-penalty',
  shader: 'stage/kl-penalty.wgsl',
  bindings: {
    responseMask: read('f32', 'B', 'T'),
    policyLogProbs: read('f32', 'B', 'T'),
    refLogProbs: read('f32', 'B', 'T'),
    oldLogProbs: read('f32', 'B', 'T'),
    coefficients: read('f32'),
    byLogProb: update('f32', 'B', 'T'),
    sums: update('f32', 'B', 'S'),
  },
  params: ({ B, T, S }, { estimator, biasCorrection, ...options }: KlKernelOptions) => ({
    ...options,
    B: B!,
    T: T!,
    sumsWidth: S!,
    estimator: ESTIMATORS.indexOf(estimator.replace('+', '')),
    straight: estimator.endsWith('+') ? 1 : 0,
    biased: biasCorrection ? 1 : 0,
  }),
  threads: ({ B }) => B!,
  reference({ responseMask, policyLogProbs, refLogProbs, oldLogProbs, coefficients, byLogProb, sums }, { B, T, S }, options) {
    for (let b = 0; b < B!; b++) {
      let total = 0;
      for (let t = 0; t < T!; t++) {
        const at = b * T! + t;
        if (responseMask[at] === 0) continue;
        const { value, slope } = klEstimate(refLogProbs[at]! - policyLogProbs[at]!, options);
        const ratio = options.biasCorrection ? Math.exp(policyLogProbs[at]! - oldLogProbs[at]!) : 1;
        const coefficient = coefficients[options.coefficientOffset + b * options.coefficientRow + t * options.coefficientColumn]!;
        byLogProb[at]! += coefficient * ratio * (options.biasCorrection ? slope + value : slope);
        total += value * ratio;
      }
      sums[b * S! + options.sumsAt] = total;
    }
  },
  tolerance: { byLogProb: { absolute: 1e-5, relative: 1e-4 }, sums: { absolute: 1e-4, relative: 1e-4 } },
});

export interface KlTables {
  readonly responseMask: Tensor;
  readonly policyLogProbs: Tensor;
  readonly refLogProbs: Tensor;
  readonly oldLogProbs: Tensor;
  /** What the slope is multiplied by: coefficient and aggregation weight in one. */
  readonly coefficients: TableView;
  readonly byLogProb: Tensor;
  readonly sums: SumColumns;
}

/** Adds the slope of a KL term to `byLogProb` and writes one column of sums: the estimate, without its coefficient. */
export function klPenalty(device: Device, { coefficients, sums, ...tables }: KlTables, options: KlOptions): void {
  device.run(
    klPenaltyKernel,
    { ...tables, coefficients: coefficients.tensor, sums: sums.tensor },
    {
      ...options,
      coefficientOffset: coefficients.offset,
      coefficientRow: coefficients.row,
      coefficientColumn: coefficients.column,
      sumsAt: sums.at,
    },
  );
}

interface BonusOptions {
  readonly coefficientOffset: number;
  readonly coefficientRow: number;
  readonly masked: number;
  readonly sumsAt: number;
}

export const entropyBonusKernel = defineKernel({
  name: 'entropy-bonus',
  shader: 'stage/entropy-bonus.wgsl',
  bindings: {
    responseMask: read('f32', 'B', 'T'),
    entropies: read('f32', 'B', 'T'),
    coefficients: read('f32'),
    keep: read('f32'),
    byEntropy: write('f32', 'B', 'T'),
    sums: update('f32', 'B', 'S'),
  },
  params: ({ B, T, S }, options: BonusOptions) => ({ ...options, B: B!, T: T!, sumsWidth: S! }),
  threads: ({ B }) => B!,
  reference({ responseMask, entropies, coefficients, keep, byEntropy, sums }, { B, T, S }, options) {
    for (let b = 0; b < B!; b++) {
      const totals = [0, 0];
      for (let t = 0; t < T!; t++) {
        const at = b * T! + t;
        const share = responseMask[at] === 0 ? 0 : options.masked ? keep[at]! : 1;
        byEntropy[at] = share === 0 ? 0 : coefficients[options.coefficientOffset + b * options.coefficientRow]! * share;
        if (responseMask[at] === 0) continue;
        totals[0]! += entropies[at]!;
        totals[1]! += share * entropies[at]!;
      }
      sums.set(totals, b * S! + options.sumsAt);
    }
  },
  tolerance: { byEntropy: { absolute: 1e-7, relative: 1e-5 }, sums: { absolute: 1e-4, relative: 1e-5 } },
});

export interface BonusTables {
  readonly responseMask: Tensor;
  readonly entropies: Tensor;
  /** What becomes the slope: − coefficient and aggregation weight in one. */
  readonly coefficients: TableView;
  /** 1 where the bonus acts; everywhere when absent. */
  readonly keep?: Tensor | undefined;
  readonly byEntropy: Tensor;
  readonly sums: SumColumns;
}

/** Writes `byEntropy` and two columns of sums: the entropy, and the entropy of the kept tokens. */
export function entropyBonus(device: Device, { responseMask, entropies, coefficients, keep, byEntropy, sums }: BonusTables): void {
  device.run(
    entropyBonusKernel,
    { responseMask, entropies, coefficients: coefficients.tensor, keep: keep ?? device.none.f32, byEntropy, sums: sums.tensor },
    { coefficientOffset: coefficients.offset, coefficientRow: coefficients.row, masked: keep ? 1 : 0, sumsAt: sums.at },
  );
}

export const kernels = [klPenaltyKernel, entropyBonusKernel];
