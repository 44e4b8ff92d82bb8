/** Where entropy goes: what tokens gain and lose, summed over four kinds of them. */

import type { TokenBatch } from '../data/frame.ts';
import type { EntropyLedger, RealisedChange } from './reading.ts';

/** The mean over tokens of a number that each of them has. */
export function ledgerOf({ columns: { advantage, logProb }, meanLogProb, tokenCount }: TokenBatch, values: Float32Array): EntropyLedger {
  const sumWhere = (isGood: boolean, isLikely: boolean): number =>
    values.reduce((sum, value, at) => (advantage[at]! > 0 === isGood && logProb[at]! > meanLogProb === isLikely ? sum + value : sum), 0) /
    Math.max(1, tokenCount);
  const parts = {
    goodLikely: sumWhere(true, true),
    goodUnlikely: sumWhere(true, false),
    badLikely: sumWhere(false, true),
    badUnlikely: sumWhere(false, false),
  };
  return { ...parts, total: parts.goodLikely + parts.goodUnlikely + parts.badLikely + parts.badUnlikely };
}

/** How the tokens are divided among the parts. */
export function sharesOf(tokens: TokenBatch): EntropyLedger {
  return ledgerOf(tokens, new Float32Array(tokens.columns.logProb.length).fill(1));
}

/** What was measured after the step, beside what the run's own weights had predicted. */
export function realisedOf(tokens: TokenBatch): RealisedChange | null {
  const { predictedChange, realisedChange } = tokens.columns;
  if (!realisedChange.every(Number.isFinite)) return null;
  return { ledger: ledgerOf(tokens, realisedChange), correlation: correlationOf(predictedChange, realisedChange) };
}

/** Pearson's r; 0 where one of the two does not vary. */
function correlationOf(a: Float32Array, b: Float32Array): number {
  const [centredA, centredB] = [centred(a), centred(b)];
  const product = (x: readonly number[], y: readonly number[]): number => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  const spread = Math.sqrt(product(centredA, centredA) * product(centredB, centredB));
  return spread === 0 ? 0 : product(centredA, centredB) / spread;
}

function centred(values: Float32Array): number[] {
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  return Array.from(values, (value) => value - mean);
}
