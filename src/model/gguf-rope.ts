/**
 * Llama 3's stretched rotations as GGUF stores them: not by the numbers of the rule, but by what each frequency is divided by.
 *
 *   factor[i] = frequency[i] / stretched frequency[i]
 */

import { exp, log } from '../base/exponential.ts';
import { stretched } from '../kernels/rope.ts';
import type { Llama3RopeScaling, ModelConfig } from './config.ts';

/** The numbers of `rope_freqs.weight`, or null where the model's rotations are not stretched. */
export function ropeFactors({ ropeScaling, ropeTheta, headDim }: ModelConfig): Float32Array | null {
  if (ropeScaling === null) return null;
  return Float32Array.from(frequencies(ropeTheta, headDim), (frequency) => frequency / stretched(frequency, ropeScaling));
}

/**
 * Finds the rule that gives these factors.
 *
 * Between fast and slow rotations the share kept is a line in the frequency; two of its points give the rule, up to a common scale of its
 * three numbers that changes nothing. With fewer points there, Llama 3's own numbers are tried.
 *
 * @returns null where nothing is stretched, undefined where no rule of this kind fits
 */
export function inferRopeScaling(factors: Float32Array, theta: number): Llama3RopeScaling | null | undefined {
  const known = frequencies(theta, 2 * factors.length);
  const factor = shortNumber(factors.reduce((most, value) => Math.max(most, value), 1));
  if (factor === 1) return factors.every((value) => value === 1) ? null : undefined;
  const between = known.flatMap((frequency, i) => {
    const kept = (1 / factors[i]! - 1 / factor) / (1 - 1 / factor);
    return kept > 1e-3 && kept < 1 - 1e-3 ? [{ frequency, kept }] : [];
  });
  const candidates = [{ kind: 'llama3' as const, factor, lowFreqFactor: 1, highFreqFactor: 4, originalMaxPositions: 8192 }, ...ruleThrough(between, factor)];
  return candidates.find((rule) => known.every((frequency, i) => Math.abs(frequency / stretched(frequency, rule) / factors[i]! - 1) < 1e-4));
}

/** The rule whose line goes through the first and the last point. */
function ruleThrough(points: readonly { readonly frequency: number; readonly kept: number }[], factor: number): Llama3RopeScaling[] {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last || first === last) return [];
  const slope = (first.kept - last.kept) / (first.frequency - last.frequency);
  const atZero = first.kept - slope * first.frequency;
  if (!(slope > 0) || !(atZero < 0)) return [];
  const highFreqFactor = shortNumber(1 - 1 / atZero);
  return [
    { kind: 'llama3', factor, lowFreqFactor: 1, highFreqFactor, originalMaxPositions: Math.max(1, Math.round(slope * 2 * Math.PI * (highFreqFactor - 1))) },
  ];
}

function frequencies(theta: number, headDim: number): number[] {
  return Array.from({ length: headDim / 2 }, (_, i) => exp((-2 * i * log(theta)) / headDim));
}

function shortNumber(value: number): number {
  return Number(value.toPrecision(5));
}
