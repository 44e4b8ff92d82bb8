/** Controllers of the listwise target: its temperature, its tie to the reference, the entropy its weights should have. */

import { exp, log } from '../../base/exponential.ts';

const clamp = (x: number, low: number, high: number): number => Math.min(high, Math.max(low, x));

/** β ← max(0, β · (1 + clip(KL / target − 1, ± step) / horizon)) */
export function nextBeta(
  beta: number,
  kl: number,
  { target, step, horizon }: { readonly target: number; readonly step: number; readonly horizon: number },
): number {
  return Math.max(0, beta * (1 + clamp(kl / target - 1, -step, step) / horizon));
}

export interface TauState {
  readonly tau: number;
  readonly logTau: number;
  /** Running mean of the weights' entropy; null before the first measurement. */
  readonly mean: number | null;
}

export interface TauOptions {
  readonly lr: number;
  readonly min: number;
  /** null: no cap. */
  readonly max: number | null;
  readonly decay: number;
}

/**
 * A temperature that brings the entropy of the weights to a target.
 *
 *   h ← decay · h + (1 − decay) · H_w        ln τ ← ln τ + lr · (target − h)        τ ← clip(e^{ln τ}, min, max)
 */
export function nextTau({ logTau, mean }: TauState, weightEntropy: number, target: number, { lr, min, max, decay }: TauOptions): TauState {
  const next = mean === null ? weightEntropy : decay * mean + (1 - decay) * weightEntropy;
  const moved = logTau + lr * (target - next);
  const tau = clamp(exp(moved), min, max ?? Number.POSITIVE_INFINITY);
  return { tau, logTau: log(Math.max(tau, 1e-12)), mean: next };
}

export interface TargetSchedule {
  readonly start: number;
  readonly final: number;
  readonly horizon: number;
  /** Rises to `peak` at `peakStep` first. */
  readonly peak?: { readonly value: number; readonly step: number };
}

/** The target at a step: linear from start to final over the horizon, by way of the peak where there is one; constant after it. */
export function targetAt(step: number, { start, final, horizon, peak }: TargetSchedule): number {
  const between = (from: number, to: number, share: number): number => from + (to - from) * clamp(share, 0, 1);
  if (!peak) return horizon <= 0 ? final : between(start, final, step / horizon);
  if (step <= peak.step) return between(start, peak.value, peak.step === 0 ? 1 : step / peak.step);
  return between(peak.value, final, (step - peak.step) / Math.max(1, horizon - peak.step));
}

export interface MetaOptions {
  readonly lrTau: number;
  readonly lrBeta: number;
  readonly tauMin: number;
  readonly tauMax: number;
  /** Largest |KL − target| that counts; 0: any. */
  readonly betaGradClip: number;
}

/** τ ← clip(τ − lr · (H_w − H*)), β ← max(0, β + lr · clip(KL − KL*)). */
export function nextMeta(
  { tau, beta }: { readonly tau: number; readonly beta: number },
  entropyGap: number,
  klGap: number,
  options: MetaOptions,
): { readonly tau: number; readonly beta: number } {
  const { lrTau, lrBeta, tauMin, tauMax, betaGradClip } = options;
  const held = betaGradClip > 0 ? clamp(klGap, -betaGradClip, betaGradClip) : klGap;
  return { tau: clamp(tau - lrTau * entropyGap, tauMin, tauMax), beta: Math.max(0, beta + lrBeta * held) };
}

export interface AlphaGateOptions {
  readonly threshold: number;
  readonly gain: number;
  readonly raiseOnLow: boolean;
  readonly lowerOnHigh: boolean;
  /** No bonus at all outside the trust zone. */
  readonly disableOutside: boolean;
  readonly minMultiplier: number;
  readonly maxMultiplier: number;
}

/** What an entropy coefficient is multiplied by at a measured KL: more while there is room, less beyond the threshold; 1 without a measurement. */
export function alphaMultiplier(kl: number | null, options: AlphaGateOptions): number {
  const { threshold, gain, raiseOnLow, lowerOnHigh, disableOutside, minMultiplier, maxMultiplier } = options;
  if (kl === null) return 1;
  const isHigh = !(kl <= threshold);
  if (isHigh && disableOutside) return 0;
  let multiplier = 1;
  if (!isHigh && kl < threshold && raiseOnLow) multiplier = 1 + (gain * (threshold - kl)) / threshold;
  if (isHigh && lowerOnHigh) multiplier = Number.isFinite(kl) ? 1 / (1 + (gain * (kl - threshold)) / threshold) : minMultiplier;
  return clamp(multiplier, minMultiplier, maxMultiplier);
}
