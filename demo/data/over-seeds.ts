/** What the recorded pair comes to over three seeds: rows of the table in docs/log.md, stress recipe, means of the evaluations in the last quarter. */

interface Late {
  readonly label: string;
  /** Held-out mean@1. */
  readonly right: number;
  /** Different right answers among 8 samples. */
  readonly alive: number;
  /** Nats. */
  readonly entropy: number;
}

export const OVER_SEEDS: { readonly seeds: number; readonly a: Late; readonly b: Late } = {
  seeds: 3,
  a: { label: 'GRPO', right: 0.541, alive: 2.912, entropy: 0.323 },
  b: { label: 'Clip-Cov', right: 0.619, alive: 4.583, entropy: 0.579 },
};
