/** A batch of nothing in particular: read with it first, the lens answers the first real one as fast as those after it. */

import { describedTokens } from '../data/described-tokens.ts';
import type { TokenBatch, TokenRow } from '../data/frame.ts';
import { readLens } from './lens.ts';

const ROWS = 8;
const LENGTH = 10;
const ROUNDS = 3;

export async function warmUpLens(): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) await readLens(smallBatch());
}

function smallBatch(): TokenBatch {
  const count = ROWS * LENGTH;
  const ids = Array.from({ length: LENGTH }, (_, t) => t);
  const rows = Array.from({ length: ROWS }, (_, row): TokenRow => {
    const reward = row % 3 === 0 ? 1 : 0;
    const told = { prompt: '', group: row % 2, text: '', tokens: ids.map(String), verdict: '', truncated: false };
    return { ...told, ids, reward, advantage: reward === 1 ? 1.2 : -0.7, start: row * LENGTH };
  });
  const filled = (from: number, to: number): Float32Array => Float32Array.from({ length: count }, (_, at) => from + ((to - from) * ((at * 7) % count)) / count);
  const measured = {
    logProb: filled(-3, -0.05),
    oldLogProb: filled(-2.8, -0.05),
    entropy: filled(0.1, 2),
    oldEntropy: filled(0.1, 2),
    weight: filled(-1, 1),
    entropyWeight: filled(0, 0),
    sumP2: filled(0.2, 0.9),
    sumP2LogP: filled(-0.5, -0.05),
  };
  return describedTokens({ step: 0, maxTokens: LENGTH + 2, rows, tokenCount: count, rowCount: ROWS }, measured);
}
