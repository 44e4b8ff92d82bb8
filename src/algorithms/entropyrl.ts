/**
 * EntropyRL: completions that an outside scorer finds wanting may grow further before the ratio clip stops them.
 *
 *   step:   clipHigh_i = score_i < threshold ? low : high
 *   linear: clipHigh_i = min + (max − min) · score_i
 *
 * The score of the source is CHAIRi, the share of hallucinated object mentions. A missing or failed score leaves the base bound.
 *
 * @source JUSTINLEECEO/EntropyRL, verl/trainer/core_algos.py (no paper). Departures: scored once per rollout batch, not at every
 *   micro-batch of the update; a failing scorer does not stop the run; there is no negative entropy bonus.
 */

import { z } from 'zod';
import type { Method } from './method.ts';

export const entropyrlBlock = z
  .strictObject({
    score: z.string().default('chair').meta({ description: 'Name of the outside score.' }),
    rule: z.enum(['step', 'linear']).default('step').meta({ description: 'How the score becomes a bound.' }),
    threshold: z.number().default(1e-4).meta({ description: 'Scores below it get `low` (step).' }),
    low: z.number().min(0).default(0.3).meta({ description: 'Upper clip of good completions (step).' }),
    high: z.number().min(0).default(0.5).meta({ description: 'Upper clip of the others (step).' }),
    min: z.number().min(0).default(0).meta({ description: 'Upper clip at score 0 (linear).' }),
    max: z.number().min(0).default(10).meta({ description: 'Upper clip at score 1 (linear).' }),
  })
  .nullable()
  .default(null)
  .meta({ description: 'Set the upper clip of each row from an outside score.' });

export interface EntropyrlOptions {
  readonly score: string;
  readonly rule: 'step' | 'linear';
  readonly threshold: number;
  readonly low: number;
  readonly high: number;
  readonly min: number;
  readonly max: number;
}

export function clipHighOf(score: number, base: number, { rule, threshold, low, high, min, max }: EntropyrlOptions): number {
  if (!Number.isFinite(score)) return base;
  if (rule === 'step') return score < threshold ? low : high;
  return min + (max - min) * score;
}

/** `base` is the bound of rows without a score, `clipLow` the lower bound of all rows. */
export function entropyrl(options: EntropyrlOptions, { base, clipLow }: { readonly base: number; readonly clipLow: number }): Method {
  return {
    name: 'entropyrl',
    needs: { score: options.score },
    rows({ batch, terms, metrics }) {
      const scores = batch.externalScores?.get(options.score) ?? new Float64Array(batch.rows).fill(Number.NaN);
      const bounds = scores.map((score) => clipHighOf(score, base, options));
      terms.set('clipHigh', bounds);
      const scored = scores.filter((score) => Number.isFinite(score));
      const tokens = batch.lengths.reduce((sum, length) => sum + length, 0);
      metrics['actor/average_clip_ratio_low'] = clipLow;
      metrics['actor/average_clip_ratio_high'] = bounds.reduce((sum, bound, i) => sum + bound * batch.lengths[i]!, 0) / Math.max(1, tokens);
      metrics['actor/overall_chair_i'] = scored.reduce((sum, score) => sum + score, 0) / Math.max(1, scored.length);
      metrics['entropyrl/score_failures'] = scores.length - scored.length;
    },
  };
}
