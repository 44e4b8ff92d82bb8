/**
 * Adaptive KL coefficient: it grows while the policy is further from its reference than wanted, and shrinks while it is nearer.
 *
 *   β ← β · (1 + clip(KL / target − 1, ± clip) · rows / horizon), once a step, from algorithm.kl_coef on
 *
 * @source Ziegler et al. 2019, arXiv:1909.08593, as in verl. Departures: KL is the mean over tokens that the run logs, where verl takes
 *   the mean over rows of the row's mean.
 */

import { z } from 'zod';
import type { Method } from './method.ts';
import { nextKlCoefficient } from './stages/kl-control.ts';

export const klControlBlock = z
  .strictObject({
    target: z.number().gt(0).default(0.1).meta({ description: 'KL to the reference to hold.', unit: 'nats a token' }),
    horizon: z.number().gt(0).default(10_000).meta({ description: 'Completions over which the coefficient may change by one part.', unit: 'completions' }),
    clip: z.number().gt(0).default(0.2).meta({ description: 'The relative error counts at most this much.' }),
  })
  .nullable()
  .default(null)
  .meta({ description: 'A KL coefficient that chases a target divergence; begins at kl_coef.' });

export interface KlControlMethodOptions {
  readonly target: number;
  readonly horizon: number;
  readonly clip: number;
}

export function klControl(options: KlControlMethodOptions, start: number): Method {
  let coefficient = start;
  let rows = 0;
  return {
    name: 'kl_control',
    needs: { reference: true },
    klCoef: () => coefficient,
    reward({ batch }) {
      rows = batch.rows;
    },
    endStep(metrics) {
      const measured = metrics['kl'];
      if (measured !== undefined && Number.isFinite(measured)) coefficient = nextKlCoefficient(coefficient, measured, rows, options);
      return {};
    },
    state: () => ({ coefficient }),
    restore(saved) {
      coefficient = saved?.['coefficient'] ?? start;
    },
  };
}
