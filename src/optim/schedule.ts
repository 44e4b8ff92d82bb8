/** Learning rates over a run. */

export interface Schedule {
  readonly kind: 'constant' | 'linear' | 'cosine';
  /** The rate after warm-up. */
  readonly lr: number;
  /** Updates over which the rate climbs linearly from 0. */
  readonly warmupUpdates: number;
  /** Updates the schedule is laid out over. */
  readonly totalUpdates: number;
  /** What linear and cosine end at, as a share of `lr`. */
  readonly finalShare: number;
}

/** The learning rate of update `update`, counted from 0. During warm-up update u has (u + 1) / warmupUpdates of the rate. */
export function learningRate({ kind, lr, warmupUpdates, totalUpdates, finalShare }: Schedule, update: number): number {
  if (update < warmupUpdates) return (lr * (update + 1)) / warmupUpdates;
  if (kind === 'constant') return lr;
  const span = Math.max(1, totalUpdates - warmupUpdates);
  const progress = Math.min(1, (update - warmupUpdates) / span);
  const remaining = kind === 'linear' ? 1 - progress : halfCosine(progress);
  return lr * (finalShare + (1 - finalShare) * remaining);
}

/** (1 + cos(π·x)) / 2 for x in [0, 1], by its Taylor series about ½, so that every runtime gets the same bits. */
function halfCosine(x: number): number {
  const angle = Math.PI * (x - 0.5); // cos(π·x) = −sin(π·(x − ½)), and |angle| ≤ π/2
  let term = angle;
  let sine = angle;
  for (let k = 1; k < 14; k++) {
    term *= (-angle * angle) / (2 * k * (2 * k + 1));
    sine += term;
  }
  return Math.max(0, 1 - sine) / 2; // at the end the series may pass 1 by a rounding
}
