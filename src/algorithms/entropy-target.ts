/**
 * Adaptive entropy bonus: a coefficient that steps up while entropy is below its target and down while it is above.
 *
 *   trl:          H ≤ target: coef ← min(coef + step, max), bonus on        else: coef ← max(coef − step, min), bonus off in the next step
 *   skywork:      the same with H < target, H the mean surprisal of what was sampled
 *   dual_ascent:  coef ← clip(coef + step · (target − H), min, max), the bonus always on
 *
 * H is the exact mean entropy where the form does not say otherwise.
 *
 * @source He et al. 2025 (Skywork-OR1), arXiv:2505.22312, and in TRL's form; dual ascent: Haarnoja et al. 2018, arXiv:1812.05905, as in
 *   Linn3a/siren
 */

import { z } from 'zod';
import type { TokenTables } from './algorithm.ts';
import type { Method } from './method.ts';
import { type BonusState, dualAscent, stepTowardTarget } from './stages/entropy-control.ts';

export const entropyTargetBlock = z
  .strictObject({
    form: z.enum(['trl', 'skywork', 'dual_ascent']).default('trl').meta({ description: 'How the coefficient moves, and what it looks at.' }),
    target: z.number().min(0).default(0.2).meta({ description: 'Entropy to hold.', unit: 'nats' }),
    step: z.number().min(0).default(0.005).meta({ description: 'Change of the coefficient per step; per step and nat off for dual_ascent.' }),
    min: z.number().default(0).meta({ description: 'Smallest coefficient.' }),
    max: z.number().default(1).meta({ description: 'Largest coefficient.' }),
    start: z.number().default(0).meta({ description: 'Coefficient at the start.' }),
  })
  .nullable()
  .default(null)
  .meta({ description: 'An entropy bonus whose coefficient chases a target entropy.' });

export interface EntropyTargetOptions {
  readonly form?: 'trl' | 'skywork' | 'dual_ascent';
  readonly target: number;
  readonly step: number;
  readonly min: number;
  readonly max: number;
  readonly start: number;
}

export function entropyTarget({ start, form = 'trl', ...options }: EntropyTargetOptions): Method {
  let state: BonusState = { coef: start, enabled: true };
  const isSurprisal = form === 'skywork';
  const next = (entropy: number): BonusState => {
    if (form !== 'dual_ascent') return stepTowardTarget(state, entropy, { ...options, inclusive: !isSurprisal });
    const raised = dualAscent(state.coef, entropy, { target: options.target, lr: options.step });
    return { coef: Math.min(options.max, Math.max(options.min, raised)), enabled: true };
  };
  return {
    name: 'entropy_target',
    usesEveryGroup: true,
    ...(isSurprisal && { needs: { tables: true } }),
    reward({ batch: { tables }, metrics }) {
      if (isSurprisal && tables) metrics['entropy_target/surprisal'] = meanSurprisal(tables);
    },
    entropyCoef: () => (state.enabled ? state.coef : 0),
    endStep(metrics) {
      // Measured where the bonus acts.
      const entropy = isSurprisal ? metrics['entropy_target/surprisal'] : (metrics['entropy/kept'] ?? metrics['entropy']);
      if (entropy !== undefined && Number.isFinite(entropy)) state = next(entropy);
      return {};
    },
    state: () => ({ coef: state.coef, enabled: state.enabled ? 1 : 0 }),
    restore(saved) {
      state = { coef: saved?.['coef'] ?? start, enabled: (saved?.['enabled'] ?? 1) === 1 };
    },
  };
}

function meanSurprisal({ oldLogProbs, responseMask }: TokenTables): number {
  let [sum, count] = [0, 0];
  for (let at = 0; at < oldLogProbs.length; at++) {
    if (responseMask[at] === 0) continue;
    sum -= oldLogProbs[at]!;
    count++;
  }
  return sum / Math.max(1, count);
}
