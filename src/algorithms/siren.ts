/**
 * SIREN: where the policy is most undecided, its entropy is held near what it was in the beginning.
 *
 *   peaks = tokens of the row with entropy above its quantile        h = mean over rows of the mean entropy of the peaks
 *   loss += coef · (h − anchor)²
 *
 * The anchor is h of the first step where none is given, the mean over its updates.
 *
 * @source Jiang et al. 2025, arXiv:2509.25133; Linn3a/siren. Departures: entropies of the whole distribution in place of its nucleus; a row
 *   without tokens is left out of the mean.
 */

import { z } from 'zod';
import type { Method } from './method.ts';
import { anchoredEntropyTerm } from './stages/anchored-entropy.ts';
import { keepAboveQuantile, quantileCounts } from './stages/select.ts';

export const sirenBlock = z
  .strictObject({
    coef: z.number().min(0).default(0.005).meta({ description: 'Weight of the squared distance.', unit: 'per nat²' }),
    quantile: z.number().min(0).max(1).default(0.8).meta({ description: 'Tokens above this quantile of their row are peaks.' }),
    anchor: z.number().min(0).nullable().default(null).meta({ description: 'Entropy to hold; null = that of the first step.', unit: 'nats' }),
  })
  .nullable()
  .default(null)
  .meta({ description: 'Hold the entropy of the most undecided tokens near an anchor.' });

export interface SirenOptions {
  readonly coef: number;
  readonly quantile: number;
  readonly anchor: number | null;
}

export function siren({ coef, quantile, anchor }: SirenOptions): Method {
  let held = anchor;
  return {
    name: 'siren',
    usesEveryGroup: true,
    columns: ({ lengths, tokenCount }) => ({ sirenCount: quantileCounts(quantile, lengths, tokenCount, 'row', true) }),
    entropyTerm(draft) {
      const { keep } = keepAboveQuantile(draft, { values: draft.batch.entropies, counts: 'sirenCount', scope: 'row', strict: true, name: 'siren' });
      // Until there is an anchor the term only measures.
      anchoredEntropyTerm(draft, keep, { rowCount: Math.max(1, draft.batch.rowCount), anchor: held ?? 0, coefficient: held === null ? 0 : coef });
    },
    endStep(metrics) {
      held ??= metrics['peak_entropy'] ?? null;
      return {};
    },
    state: () => (held === null ? {} : { anchor: held }),
    restore(saved) {
      held = saved?.['anchor'] ?? anchor;
    },
  };
}
