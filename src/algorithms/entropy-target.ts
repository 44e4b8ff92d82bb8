/**
 * Adaptive entropy bonus: a coefficient that steps up while entropy is below its target and down while it is above.
 *
 *   H ≤ target: coef ← min(coef + step, max), bonus on        else: coef ← max(coef − step, min), bonus off in the next step
 *
 * @source He et al. 2025 (Skywork-OR1), arXiv:2505.22312, in TRL's form: H is the exact mean entropy
 */

import { z } from 'zod';
import type { Method } from './method.ts';
import { type BonusState, stepTowardTarget } from './stages/entropy-control.ts';

export const entropyTargetBlock = z
  .strictObject({
    target: z.number().min(0).default(0.2).meta({ description: 'Entropy to hold.', unit: 'nats' }),
    step: z.number().min(0).default(0.005).meta({ description: 'Change of the coefficient per step.' }),
    min: z.number().default(0).meta({ description: 'Smallest coefficient.' }),
    max: z.number().default(1).meta({ description: 'Largest coefficient.' }),
    start: z.number().default(0).meta({ description: 'Coefficient at the start.' }),
  })
  .nullable()
  .default(null)
  .meta({ description: 'An entropy bonus whose coefficient chases a target entropy.' });

export interface EntropyTargetOptions {
  readonly target: number;
  readonly step: number;
  readonly min: number;
  readonly max: number;
  readonly start: number;
}

export function entropyTarget({ start, ...options }: EntropyTargetOptions): Method {
  let state: BonusState = { coef: start, enabled: true };
  return {
    name: 'entropy_target',
    usesEveryGroup: true,
    entropyCoef: () => (state.enabled ? state.coef : 0),
    endStep(metrics) {
      // Measured where the bonus acts.
      const entropy = metrics['entropy/kept'] ?? metrics['entropy'];
      if (entropy !== undefined && Number.isFinite(entropy)) state = stepTowardTarget(state, entropy, { ...options, inclusive: true });
      return {};
    },
    state: () => ({ coef: state.coef, enabled: state.enabled ? 1 : 0 }),
    restore(saved) {
      state = { coef: saved?.['coef'] ?? start, enabled: (saved?.['enabled'] ?? 1) === 1 };
    },
  };
}
