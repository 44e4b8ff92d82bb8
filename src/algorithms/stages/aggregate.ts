/** How per-token losses become one number. Every mode is a weight per row: loss = Σ_i weight_i · Σ_t x_{i,t}. */

export type LossAggregation = 'token-mean' | 'token-sum' | 'seq-mean-token-sum' | 'seq-mean-token-mean' | 'seq-mean-token-sum-norm';

/** What the weights are made of; all counted over the mini-batch. */
export interface AggregationCounts {
  /** Valid tokens of each row. */
  readonly lengths: ArrayLike<number>;
  /** Valid tokens in all. */
  readonly tokenCount: number;
  /** Rows with at least one valid token. */
  readonly rowCount: number;
  /** The fixed length that `seq-mean-token-sum-norm` divides by. */
  readonly lossScaleFactor: number;
}

/**
 * The weight of each row. Without tokens every weight is 0, and so is the loss.
 *
 *   token-mean               1 / N
 *   token-sum                1
 *   seq-mean-token-sum       1 / B⁺
 *   seq-mean-token-mean      1 / (B⁺ · n_i)
 *   seq-mean-token-sum-norm  1 / (B⁺ · L)
 *
 * N valid tokens, B⁺ rows with tokens, n_i tokens of the row, L a constant. The names are verl's.
 */
export function aggregationWeights(mode: LossAggregation, { lengths, tokenCount, rowCount, lossScaleFactor }: AggregationCounts): Float64Array {
  const weights = new Float64Array(lengths.length);
  if (tokenCount === 0 || rowCount === 0) return weights;
  for (let i = 0; i < weights.length; i++) {
    weights[i] = lengths[i] === 0 ? 0 : weightOf(mode, lengths[i]!, tokenCount, rowCount, lossScaleFactor);
  }
  return weights;
}

function weightOf(mode: LossAggregation, length: number, N: number, rows: number, scale: number): number {
  switch (mode) {
    case 'token-mean':
      return 1 / N;
    case 'token-sum':
      return 1;
    case 'seq-mean-token-sum':
      return 1 / rows;
    case 'seq-mean-token-mean':
      return 1 / (rows * length);
    case 'seq-mean-token-sum-norm':
      return 1 / (rows * scale);
  }
}
