/** A price on length that rises before the limit, so that a cut completion is no surprise. */

export interface OverlongOptions {
  readonly maxTokens: number;
  /** The price begins this many tokens before the limit. */
  readonly buffer: number;
  readonly factor: number;
  /** The price goes no lower; null: it goes on falling beyond the limit. */
  readonly floor: number | null;
}

/**
 * What is added to the reward of a completion of `length` tokens: 0, then down to −factor at the limit.
 *
 *   min(−(length − (maxTokens − buffer)) / buffer · factor, 0)
 *
 * @source Yu et al. 2025 (DAPO), arXiv:2503.14476; with floor −1: TRL's soft overlong punishment
 */
export function overlongPenalty(length: number, { maxTokens, buffer, factor, floor }: OverlongOptions): number {
  const beyond = length - (maxTokens - buffer);
  if (beyond <= 0) return 0;
  const penalty = (-beyond / buffer) * factor;
  return floor === null ? penalty : Math.max(penalty, floor);
}
