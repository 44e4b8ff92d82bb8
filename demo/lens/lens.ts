/**
 * The lens: one frozen batch, and what every variant would make of each of its tokens. No device and no pass through the model: algorithms see
 * log-probs, entropies and rewards alone, and those are in the batch.
 */

import { type Algorithm, createAlgorithm } from '../../src/index.ts';
import { predictedChange } from '../data/described-tokens.ts';
import { type TokenBatch, TOKEN_FLAGS } from '../data/frame.ts';
import { BASE_OPTIONS, baseWeights, flagsOf } from './base-weights.ts';
import type { Expression } from './expression.ts';
import { FrozenBatch, type TokenWeights } from './frozen.ts';
import { ledgerOf, realisedOf, sharesOf } from './ledger.ts';
import { ownWeight } from './own-weight.ts';
import type { CovarianceHistogram, LensReading, LensRow, LensVariant } from './reading.ts';
import { VARIANTS, variantOf } from './variants.ts';

export interface OwnWeight {
  readonly label: string;
  readonly expression: Expression;
}

const BINS = 41;

/**
 * Reads a batch with every variant, and with a weight of one's own.
 *
 * @throws DataError where the batch is not whole
 */
export async function readLens(tokens: TokenBatch, own?: OwnWeight): Promise<LensReading> {
  const frozen = new FrozenBatch(tokens);
  const base = await baseWeights(frozen);
  const rows: LensRow[] = [];
  const left: { variant: LensVariant; why: string }[] = [];
  for (const { options, ...variant } of VARIANTS) {
    const algorithm = createAlgorithm({ ...BASE_OPTIONS, ...options });
    const why = reasonToLeave(algorithm, variant);
    if (why !== undefined) left.push({ variant, why });
    else rows.push(rowOf(tokens, variant, await frozen.weightsOf(algorithm), base));
  }
  if (own) rows.push(await readOwnWeight(tokens, own, frozen));
  return { rows, shares: sharesOf(tokens), realised: realisedOf(tokens), left, covariance: histogramOf(tokens) };
}

/** One row more, for a weight that is being typed. */
export async function readOwnWeight(tokens: TokenBatch, { label, expression }: OwnWeight, frozen = new FrozenBatch(tokens)): Promise<LensRow> {
  const variant = { key: 'own', label, summary: expression.text, overrides: [] };
  const algorithm = ownWeight(createAlgorithm(BASE_OPTIONS), expression);
  return rowOf(tokens, variant, await frozen.weightsOf(algorithm), await baseWeights(frozen));
}

/** What this batch cannot tell of a variant. */
function reasonToLeave({ needs }: Algorithm, { key }: LensVariant): string | undefined {
  if (needs.dropoutPasses > 0) return 'It needs passes with dropout, which a frozen batch does not hold.';
  if (needs.reference) return 'It needs the reference model’s log-probs, which this batch does not hold.';
  if (needs.score !== null) return 'It needs a score from outside.';
  if (key === 'entropy_target') return 'Its coefficient is found while training; at a given coefficient it is the entropy bonus.';
  return undefined;
}

function rowOf(tokens: TokenBatch, variant: LensVariant, { weight, entropyWeight }: TokenWeights, base: TokenWeights): LensRow {
  const flags = flagsOf(tokens, weight, base.weight);
  const change = predictedChange(tokens.columns, weight);
  const shareOf = (flag: number): number => flags.reduce((count, flagsOfToken) => count + (flagsOfToken & flag ? 1 : 0), 0) / Math.max(1, flags.length);
  return {
    variant,
    weight,
    entropyWeight,
    predictedChange: change,
    flags,
    ledger: ledgerOf(tokens, change),
    selectedShare: shareOf(TOKEN_FLAGS.selected),
    clippedShare: shareOf(TOKEN_FLAGS.clipped),
  };
}

/** Covariances in bins of equal width, the outermost ones in the last; with the band of Clip-Cov and the tail of KL-Cov. */
function histogramOf({ columns: { covariance } }: TokenBatch): CovarianceHistogram {
  const sorted = Float64Array.from(covariance).toSorted();
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.max(0, Math.floor(share * sorted.length)))] ?? 0;
  const { clipCov } = variantOf('clip_cov').options;
  const { klCov } = variantOf('kl_cov').options;
  const [low, high] = [Math.min(at(0.002), -1), Math.max(at(0.998), 2)];
  const width = (high - low) / BINS;
  const counts = new Array<number>(BINS).fill(0);
  for (const value of covariance) counts[Math.min(BINS - 1, Math.max(0, Math.floor((value - low) / width)))]!++;
  const pulled = Math.max(1, Math.floor((klCov?.share ?? 0) * sorted.length));
  return {
    edges: Array.from({ length: BINS + 1 }, (_, bin) => low + bin * width),
    counts,
    clipCov: { low: clipCov?.low ?? 0, high: clipCov?.high ?? 0 },
    klCov: { threshold: sorted[Math.max(0, sorted.length - pulled)] ?? 0 },
  };
}
