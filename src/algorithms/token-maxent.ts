/**
 * Token-MaxEnt: the entropy of the policy is rewarded beside whatever the base does, more while the policy is near its reference.
 *
 *   loss −= α · H / ln V        H = mean over completions of the mean entropy of their tokens (or another mean), V the vocabulary
 *   gate, by the KL of the step before:
 *     KL < threshold:  α · (1 + gain · (threshold − KL) / threshold)        KL > threshold:  α / (1 + gain · (KL − threshold) / threshold)
 *
 * @source liv-daliberti/maxent-grpo, objective maxent_entropy (no paper), on GRPO or Dr.GRPO. Departures: completions without tokens are
 *   left out of the mean. With `average: length` and `per_log_vocabulary: false` it is the term of the repository's July 2026 form.
 */

import { z } from 'zod';
import { DataError } from '../base/errors.ts';
import { log } from '../base/exponential.ts';
import type { MiniBatch } from './algorithm.ts';
import type { Method } from './method.ts';
import { aggregationWeights } from './stages/aggregate.ts';
import { entropyTerm } from './stages/entropy.ts';
import { alphaMultiplier } from './stages/maxent-control.ts';

const gateBlock = z
  .strictObject({
    threshold: z.number().gt(0).default(0.04).meta({ description: 'KL to the reference at which alpha is as written.', unit: 'nats a token' }),
    gain: z.number().min(0).default(1).meta({ description: 'How strongly alpha answers.' }),
    raise_on_low: z.boolean().default(true).meta({ description: 'Raise alpha below the threshold.' }),
    lower_on_high: z.boolean().default(true).meta({ description: 'Lower it above.' }),
    disable_outside: z.boolean().default(false).meta({ description: 'No bonus at all above the threshold.' }),
    min: z.number().min(0).default(0.5).meta({ description: 'Smallest multiple of alpha.' }),
    max: z.number().min(0).default(2).meta({ description: 'Largest multiple.' }),
  })
  .nullable()
  .default(null)
  .meta({ description: 'Move alpha by the KL to the reference.' });

export const tokenMaxentBlock = z
  .strictObject({
    alpha: z.number().min(0).default(0.005).meta({ description: 'Weight of the entropy.', unit: 'per nat' }),
    average: z
      .enum(['rows', 'tokens', 'length'])
      .default('rows')
      .meta({ description: 'Mean of the completions’ means, mean over tokens, or sums over rollout.max_tokens averaged over completions.' }),
    per_log_vocabulary: z.boolean().default(true).meta({ description: 'Divide by the largest entropy there can be, ln of the vocabulary.' }),
    gate: gateBlock,
  })
  .nullable()
  .default(null)
  .meta({ description: 'Reward the entropy of tokens, by a weight that answers to the KL.' });

export interface TokenMaxentOptions {
  readonly alpha: number;
  readonly average: 'rows' | 'tokens' | 'length';
  readonly perLogVocabulary: boolean;
  readonly gate: {
    readonly threshold: number;
    readonly gain: number;
    readonly raiseOnLow: boolean;
    readonly lowerOnHigh: boolean;
    readonly disableOutside: boolean;
    readonly min: number;
    readonly max: number;
  } | null;
}

const AGGREGATION = { rows: 'seq-mean-token-mean', tokens: 'token-mean', length: 'seq-mean-token-sum-norm' } as const;

export function tokenMaxent({ alpha, average, perLogVocabulary, gate }: TokenMaxentOptions): Method {
  let multiplier = 1;
  const weightsOf = (batch: MiniBatch): Float64Array => aggregationWeights(AGGREGATION[average], { ...batch, lossScaleFactor: batch.maxTokens });
  const coefficientOf = ({ vocabulary }: MiniBatch): number => {
    if (!perLogVocabulary) return alpha * multiplier;
    if (vocabulary === undefined)
      throw new DataError('token_maxent: expected the size of the vocabulary in the mini-batch, got none. Set per_log_vocabulary to false.');
    return (alpha * multiplier) / log(vocabulary);
  };
  return {
    name: 'token_maxent',
    usesEveryGroup: true,
    ...(gate && { needs: { reference: true } }),
    columns: (batch) => ({ entropy: weightsOf(batch).map((weight) => 0 - coefficientOf(batch) * weight) }),
    entropyTerm(draft) {
      const [weights, coefficient, at, used] = [weightsOf(draft.batch), coefficientOf(draft.batch), draft.columns, multiplier];
      entropyTerm(draft, weights, coefficient);
      draft.measure((rows) => {
        const entropy = rows.weighted(at, weights);
        return {
          'maxent/alpha': alpha * used,
          'maxent/alpha_multiplier': used,
          'maxent/policy_entropy_mean': entropy,
          'maxent/policy_entropy_mean_token': rows.tokenMean(at),
          'maxent/loss_entropy_bonus': 0 - coefficient * entropy,
        };
      });
    },
    endStep(metrics) {
      if (gate) multiplier = alphaMultiplier(metrics['kl'] ?? null, { ...gate, minMultiplier: gate.min, maxMultiplier: gate.max });
      return {};
    },
    state: () => ({ multiplier }),
    restore(saved) {
      multiplier = saved?.['multiplier'] ?? 1;
    },
  };
}
