/** Counts comparisons by quantity, and keeps the worst of each. */

export interface Comparison {
  readonly quantity: string;
  compared: number;
  /** Largest |got − expected| as a share of what was allowed there; above 1 is a miss. */
  worst: number;
  /** Where the worst is, with both values. */
  where: string;
  /** How the tolerance reads. */
  readonly allowed: string;
}

export class Tally {
  readonly comparisons = new Map<string, Comparison>();

  /**
   * Compares arrays element by element.
   *
   * @param allow the allowed |got − expected| of an element, or null where there is nothing to compare
   */
  compare(quantity: string, allowed: string, got: ArrayLike<number>, expected: ArrayLike<number>, allow: (index: number) => number | null, label = ''): void {
    const entry = this.comparisons.get(quantity) ?? { quantity, compared: 0, worst: 0, where: '', allowed };
    this.comparisons.set(quantity, entry);
    if (got.length !== expected.length) {
      entry.worst = Number.POSITIVE_INFINITY;
      entry.where = `${label} has ${got.length} values, expected ${expected.length}`;
      return;
    }
    for (let i = 0; i < expected.length; i++) {
      const limit = allow(i);
      if (limit === null) continue;
      entry.compared++;
      const gap = Math.abs(got[i]! - expected[i]!);
      const share = gap === 0 ? 0 : Number.isNaN(gap) ? Number.POSITIVE_INFINITY : gap / limit;
      if (share > entry.worst) {
        entry.worst = share;
        entry.where = `${label}[${i}] got ${got[i]}, expected ${expected[i]}`;
      }
    }
  }

  get values(): number {
    return [...this.comparisons.values()].reduce((sum, { compared }) => sum + compared, 0);
  }

  /** Quantities that missed their tolerance, or of which nothing was compared. */
  get misses(): Comparison[] {
    return [...this.comparisons.values()].filter(({ worst, compared }) => !(worst <= 1) || compared === 0);
  }
}
