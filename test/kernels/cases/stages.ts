import { clippedSurrogate, boundedGradientSurrogate, sequenceSurrogate } from '../../../src/kernels/stages-clip.ts';
import { clipCovCandidatesKernel, covarianceKernel, pullToOldKernel } from '../../../src/kernels/stages-covariance.ts';
import { anchoredEntropyKernel, entropyRatioGateKernel, entropyShapedKernel } from '../../../src/kernels/stages-entropy.ts';
import { listwiseSlopesKernel, sequenceKlKernel } from '../../../src/kernels/stages-listwise.ts';
import { entropyBonusKernel, type KlEstimator, klPenaltyKernel } from '../../../src/kernels/stages-penalty.ts';
import { rolloutWeightsKernel } from '../../../src/kernels/stages-rollout.ts';
import { keepBeyondKernel, offPolicyRowsKernel, randomKeysKernel, selectExtremeKernel } from '../../../src/kernels/stages-select.ts';
import { addScaledRowsKernel, maskedSumsKernel, multiplyTablesKernel, scaleRowsKernel, UNBOUNDED } from '../../../src/kernels/stages.ts';
import type { SurrogateKernel } from '../../../src/kernels/stages-surrogate.ts';
import {
  cappedWeightSurrogate,
  divergenceSurrogate,
  gammaWeightSurrogate,
  geometricSurrogate,
  logProbSurrogate,
  softGateSurrogate,
} from '../../../src/kernels/stages-weights.ts';
import { garbage, given, type KernelCase, kernelCase, numberSource, type TensorSpec } from '../kernel-case.ts';

const numbers = numberSource('stages');
const S = 9;
const sumsAt = 2;

const mapped = ({ shape, data }: TensorSpec, to: (value: number, index: number) => number): TensorSpec => ({ shape, data: Array.from(data, to) });

/** Tables of one mini-batch: a row of no tokens, a full row, and holes in the others; garbage under the mask. */
function tablesOf(B: number, T: number) {
  const mask = mapped(numbers([B, T]), (value, at) => (Math.floor(at / T) % 5 === 3 ? 0 : Math.floor(at / T) % 5 === 1 || value > -0.5 ? 1 : 0));
  const hidden = (spec: TensorSpec): TensorSpec => mapped(spec, (value, at) => (mask.data[at] === 0 ? -77.5 : value));
  const policyLogProbs = hidden(mapped(numbers([B, T], 2), (value) => value - 2.01));
  const near = (spread: number): TensorSpec => {
    const noise = numbers([B, T], spread);
    return hidden(mapped(policyLogProbs, (value, at) => Math.min(-0.001, value + noise.data[at]!)));
  };
  return {
    responseMask: mask,
    policyLogProbs,
    oldLogProbs: near(0.5),
    refLogProbs: near(1),
    rolloutLogProbs: near(0.3),
    entropies: hidden(mapped(numbers([B, T], 1), (value) => value + 1.2)),
    oldEntropies: hidden(mapped(numbers([B, T], 1), (value) => value + 1.2)),
    weights: mapped(numbers([B, T]), (value) => value + 1.1),
    sums: garbage([B, S]),
    slopes: numbers([B, T]),
    keep: mapped(numbers([B, T]), (value, at) => (value > 0 && mask.data[at] !== 0 ? 1 : 0)),
    counts: Array.from({ length: B }, (_, b) => Array.from({ length: T }, (__, t) => mask.data[b * T + t]!).reduce((sum, m) => sum + m, 0)),
  };
}

const shapes = [
  { B: 1, T: 1 },
  { B: 5, T: 7 },
  { B: 67, T: 14 },
] as const;

const bounds = { ratio: [0.8, 1.28], log: [-0.2, 0.3], divergence: [0.05, 0.08] } as const;

function surrogateCases({ B, T }: { readonly B: number; readonly T: number }): KernelCase[] {
  const t = tablesOf(B, T);
  const one = <O extends Readonly<Record<string, number>>>(
    kernel: SurrogateKernel<O>,
    options: O,
    pair: readonly [number, number],
    weighted: 0 | 1 | 2,
  ): KernelCase =>
    kernelCase(
      kernel,
      `${B} × ${T}, weights ${weighted}`,
      {
        responseMask: t.responseMask,
        policyLogProbs: t.policyLogProbs,
        oldLogProbs: t.oldLogProbs,
        // Advantages by row, in the second of three columns.
        advantages: numbers([3 * B]),
        bounds: given(pair),
        weights: t.weights,
        byLogProb: garbage([B, T]),
        sums: t.sums,
      },
      {
        ...options,
        advantageOffset: 1,
        advantageRow: 3,
        advantageColumn: 0,
        boundsOffset: 0,
        boundsRow: 0,
        boundsColumn: 0,
        weighted,
        sumsAt,
        clampLogRatio: 20,
      },
    );
  return [
    one(clippedSurrogate, { dual: 1.3, delta: 1.5 }, bounds.ratio, 0),
    one(clippedSurrogate, { dual: UNBOUNDED, delta: UNBOUNDED }, bounds.ratio, 1),
    one(sequenceSurrogate, { floor: -80, cap: 10, dual: 1.3, total: 0, lesser: 0 }, [0.97, 1.03], 1),
    one(sequenceSurrogate, { floor: -5, cap: 5, dual: UNBOUNDED, total: 1, lesser: 1 }, bounds.ratio, 0),
    one(boundedGradientSurrogate, { dual: 1.3, lowGain: 0.75, highGain: 0.5 }, bounds.ratio, 1),
    one(geometricSurrogate, {}, bounds.log, 2),
    one(cappedWeightSurrogate, {}, bounds.ratio, 1),
    one(softGateSurrogate, { tauPositive: 1, tauNegative: 1.05 }, bounds.ratio, 1),
    one(logProbSurrogate, { pull: 0.3 }, bounds.ratio, 1),
    one(divergenceSurrogate, { binaryKl: 0, cap: 1.2 }, bounds.divergence, 1),
    one(divergenceSurrogate, { binaryKl: 1, cap: 20 }, bounds.divergence, 0),
    one(gammaWeightSurrogate, { kPositive: 2, lambdaPositive: 3, kNegative: 3, lambdaNegative: 2 }, bounds.ratio, 2),
  ];
}

function tableCases({ B, T }: { readonly B: number; readonly T: number }): KernelCase[] {
  const title = `${B} × ${T}`;
  const t = tablesOf(B, T);
  const { responseMask, policyLogProbs, oldLogProbs, refLogProbs, rolloutLogProbs, entropies, oldEntropies, sums, slopes, keep } = t;
  const columns = numbers([B, 3]);
  const byRow = { weightsOffset: 1, weightsRow: 3 };
  const coefficient = { coefficientOffset: 2, coefficientRow: 3 };
  const advantage = { advantageOffset: 0, advantageRow: 3, advantageColumn: 0 };
  const filledSums = numbers([B, S]);
  const kl = (estimator: KlEstimator, biasCorrection: boolean) =>
    kernelCase(
      klPenaltyKernel,
      `${title}, ${estimator}`,
      { responseMask, policyLogProbs, refLogProbs, oldLogProbs, coefficients: columns, byLogProb: slopes, sums },
      { ...coefficient, coefficientColumn: 0, sumsAt, estimator, biasCorrection, clampLogRatio: 0.9, clampK3: 0.3 },
    );
  return [
    kernelCase(scaleRowsKernel, title, { weights: columns, table: slopes }, byRow),
    kernelCase(addScaledRowsKernel, title, { weights: columns, addend: numbers([B, T]), table: slopes }, byRow),
    kernelCase(multiplyTablesKernel, title, { factor: numbers([B, T]), product: slopes }, {}),
    kernelCase(
      maskedSumsKernel,
      title,
      { responseMask, first: policyLogProbs, second: columns, sums },
      { firstOffset: 0, firstRow: T, firstColumn: 1, secondOffset: 2, secondRow: 3, secondColumn: 0, sumsAt },
    ),
    kl('k1', false),
    kl('abs', false),
    kl('k2', true),
    kl('k3', true),
    kl('k3+', false),
    kernelCase(
      entropyBonusKernel,
      title,
      { responseMask, entropies, coefficients: columns, keep, byEntropy: garbage([B, T]), sums },
      { ...coefficient, masked: 1, sumsAt },
    ),
    kernelCase(entropyShapedKernel, title, { responseMask, entropies, advantages: columns, shaped: garbage([B, T]) }, { ...advantage, alpha: 0.4, kappa: 2 }),
    kernelCase(
      entropyRatioGateKernel,
      title,
      { responseMask, entropies, oldEntropies, inside: garbage([B, T]), byLogProb: slopes, sums },
      { low: 0.6, high: 1.7, sumsAt },
    ),
    kernelCase(
      anchoredEntropyKernel,
      title,
      { keep, sums: mapped(filledSums, (value) => Math.floor(4 * Math.abs(value))), byEntropy: garbage([B, T]) },
      { rowCount: B, anchor: 0.9, coefficient: 0.05, sumsAt },
    ),
    kernelCase(
      covarianceKernel,
      title,
      { responseMask, logProbs: policyLogProbs, advantages: columns, sums: filledSums, covariance: garbage([B, T]) },
      { ...advantage, sumsAt, tokenCount: 3 * B },
    ),
    kernelCase(
      clipCovCandidatesKernel,
      title,
      {
        responseMask,
        policyLogProbs,
        oldLogProbs,
        advantages: columns,
        bounds: given(bounds.ratio),
        covariance: numbers([B, T]),
        candidates: garbage([B, T]),
        sums,
      },
      { ...advantage, boundsOffset: 0, boundsRow: 0, boundsColumn: 0, lowCovariance: -0.2, highCovariance: 0.7, clampLogRatio: 20, sumsAt },
    ),
    kernelCase(pullToOldKernel, title, { policyLogProbs, oldLogProbs, chosen: keep, byLogProb: slopes, sums }, { coefficient: 0.7, sumsAt }),
    kernelCase(
      keepBeyondKernel,
      title,
      { responseMask, values: entropies, limits: given([1.1]), keep: garbage([B, T]), sums },
      { limitsRow: 0, strict: 0, sumsAt },
    ),
    kernelCase(
      keepBeyondKernel,
      `${title} by row`,
      { responseMask, values: entropies, limits: numbers([B], 2), keep: garbage([B, T]), sums },
      { limitsRow: 1, strict: 1, sumsAt },
    ),
    kernelCase(
      offPolicyRowsKernel,
      title,
      { responseMask, policyLogProbs, rolloutLogProbs, advantages: columns, keep: garbage([B, T]), sums },
      { advantageOffset: 0, advantageRow: 3, threshold: 0.01, sumsAt },
    ),
    ...(['token', 'sequence'] as const).flatMap((level) =>
      [0, 1].map((masks) =>
        kernelCase(
          rolloutWeightsKernel,
          `${title} ${level} ${masks}`,
          { responseMask, oldLogProbs, rolloutLogProbs, weights: garbage([B, T]), sums },
          { wholeRow: level === 'sequence' ? 1 : 0, masks, low: 0.8, high: 1.2, clampLogRatio: 20, sumsAt },
        ),
      ),
    ),
    kernelCase(
      randomKeysKernel,
      title,
      { rowIds: given(Array.from({ length: B }, (_, b) => 3 * b + 1)), keys: garbage([B, T]) },
      { rowIdsOffset: 0, rowIdsRow: 1, key: [7, 11] },
    ),
    kernelCase(
      listwiseSlopesKernel,
      title,
      {
        responseMask,
        sums: filledSums,
        // Group id, target, length, takesPart.
        rows: given(t.counts.flatMap((count, b) => [Math.floor(b / 4), ((b * 7) % 10) / 10, count, b % 6 === 5 ? 0 : 1])),
        byLogProb: garbage([B, T]),
      },
      { rowsOffset: 0, rowsRow: 4, means: 1, sumsAt },
    ),
    kernelCase(
      sequenceKlKernel,
      title,
      { responseMask, sums: filledSums, rows: given(t.counts.flatMap((count) => [0.3, count])), byLogProb: slopes },
      { rowsOffset: 0, rowsRow: 2, clampLogRatio: 0.8, sumsAt },
    ),
  ];
}

/** Of one segment or several; equal values, more asked for than there are, and none asked for. */
const selections = ([0, 1] as const).flatMap((largest) =>
  [
    { segments: 1, length: 1, count: 1 },
    { segments: 1, length: 700, count: 31 },
    { segments: 9, length: 13, count: 4 },
    { segments: 3, length: 20, count: 99 },
    { segments: 2, length: 20, count: 0 },
  ].map(({ segments, length, count }) =>
    kernelCase(
      selectExtremeKernel,
      `${count} ${largest ? 'largest' : 'smallest'} of ${segments} × ${length}`,
      {
        values: mapped(numbers([segments, length], 8), Math.round),
        eligible: mapped(numbers([segments, length]), (value) => (value > -0.6 ? 1 : 0)),
        counts: given(new Array<number>(segments).fill(count)),
        chosen: garbage([segments, length]),
        limits: garbage([segments]),
      },
      { largest, inverted: largest, countsOffset: 0, countsRow: 1 },
    ),
  ),
);

export const stagesCases: readonly KernelCase[] = [...shapes.flatMap((shape) => [...surrogateCases(shape), ...tableCases(shape)]), ...selections];
