/** What an update reads back: sums over the tokens of each row, from which the host makes every metric in float64. */

export class RowSums {
  readonly lengths: Uint32Array;
  readonly #data: ArrayLike<number>;
  readonly #width: number;
  readonly #tokens: number;

  constructor(data: ArrayLike<number>, width: number, lengths: Uint32Array) {
    this.#data = data;
    this.#width = width;
    this.lengths = lengths;
    this.#tokens = lengths.reduce((sum, length) => sum + length, 0);
  }

  /** The sum over row b in column `at`. */
  of(b: number, at: number): number {
    return this.#data[b * this.#width + at]!;
  }

  /** The sum over all tokens. */
  total(at: number): number {
    return this.weighted(at, null);
  }

  /** Σ_b weights[b] · (sum of row b); rows without tokens count nothing. */
  weighted(at: number, weights: ArrayLike<number> | null): number {
    let sum = 0;
    this.lengths.forEach((length, b) => {
      if (length > 0) sum += (weights ? weights[b]! : 1) * this.of(b, at);
    });
    return sum;
  }

  /** The mean over all tokens; 0 when there is none. */
  tokenMean(at: number): number {
    return this.#tokens === 0 ? 0 : this.total(at) / this.#tokens;
  }

  /** The mean of each row that has tokens. */
  rowMeans(at: number): number[] {
    return Array.from(this.lengths.entries())
      .filter(([, length]) => length > 0)
      .map(([b, length]) => this.of(b, at) / length);
  }
}
