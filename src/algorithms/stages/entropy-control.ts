/** Coefficients of the entropy bonus that chase a target entropy. Each is a pair: a start, and the next state from a measurement. */

/** How much, and whether the bonus is on at all. */
export interface BonusState {
  readonly coef: number;
  readonly enabled: boolean;
}

export interface StepControlOptions {
  readonly target: number;
  /** Added to the coefficient below the target, taken off above it. */
  readonly step: number;
  readonly min: number;
  readonly max: number;
  /** Whether an entropy at the target counts as below it. */
  readonly inclusive: boolean;
}

/**
 * One step up or down, and the bonus off while entropy is high enough.
 *
 *   H below target: coef ← min(coef + step, max), on        else: coef ← max(coef − step, min), off
 *
 * @source Skywork-OR1: He et al. 2025, arXiv:2505.22312 (below: H < target); TRL (below: H ≤ target)
 */
export function stepTowardTarget({ coef }: BonusState, entropy: number, { target, step, min, max, inclusive }: StepControlOptions): BonusState {
  const isBelow = inclusive ? entropy <= target : entropy < target;
  return { coef: isBelow ? Math.min(coef + step, max) : Math.max(coef - step, min), enabled: isBelow };
}

/** coef ← max(0, coef + lr · (target − H)): the dual ascent of soft actor-critic. */
export function dualAscent(coef: number, entropy: number, { target, lr }: { readonly target: number; readonly lr: number }): number {
  return Math.max(0, coef + lr * (target - entropy));
}
