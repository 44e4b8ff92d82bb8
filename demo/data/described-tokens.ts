/** What follows from what was measured of a batch: covariance, predicted entropy change. The same for a step just taken and for one read from a file. */

import { firstOrderEntropyChange } from '../../src/index.ts';
import type { TokenBatch, TokenColumn } from './frame.ts';

/** The columns that are measured; the others follow from them. */
export type MeasuredColumn = Exclude<TokenColumn, 'advantage' | 'covariance' | 'predictedChange' | 'realisedChange'>;
export type MeasuredColumns = Readonly<Record<MeasuredColumn, Float32Array>>;

type Described = Pick<TokenBatch, 'step' | 'maxTokens' | 'rows' | 'tokenCount' | 'rowCount'>;

/** Completes a batch. Means are those given, for a batch that is a part of one, or those of the rows. */
export function describedTokens(batch: Described, measured: MeasuredColumns, means?: Pick<TokenBatch, 'meanLogProb' | 'meanAdvantage'>): TokenBatch {
  const { rows, tokenCount } = batch;
  const { logProb, weight } = measured;
  const count = logProb.length;
  const advantage = new Float32Array(count);
  for (const { start, ids, advantage: its } of rows) advantage.fill(its, start, start + ids.length);
  const sum = (values: Float32Array): number => values.reduce((total, value) => total + value, 0);
  const { meanLogProb, meanAdvantage } = means ?? {
    meanLogProb: sum(logProb) / Math.max(1, tokenCount),
    meanAdvantage: sum(advantage) / Math.max(1, tokenCount),
  };
  return {
    ...batch,
    isWhole: means === undefined,
    meanLogProb,
    meanAdvantage,
    columns: {
      ...measured,
      advantage,
      covariance: Float32Array.from(logProb, (value, at) => (advantage[at]! - meanAdvantage) * (value - meanLogProb)),
      predictedChange: predictedChange(measured, weight),
      realisedChange: new Float32Array(count).fill(Number.NaN),
    },
    flags: new Uint8Array(count),
  };
}

/** How each token's entropy changes to first order when its logits move one step along its own weight. */
export function predictedChange(
  { logProb, entropy, sumP2, sumP2LogP }: Pick<MeasuredColumns, 'logProb' | 'entropy' | 'sumP2' | 'sumP2LogP'>,
  weight: Float32Array,
): Float32Array {
  return Float32Array.from(weight, (step, at) =>
    firstOrderEntropyChange({ logProb: logProb[at]!, entropy: entropy[at]!, sumP2: sumP2[at]!, sumP2LogP: sumP2LogP[at]! }, step),
  );
}
