/** The names of `algorithm.advantage`; what each computes stands in estimators.ts. */

export const ADVANTAGES = [
  'grpo',
  'rloo',
  'remax',
  'opo',
  'gpg',
  'maxrl',
  'grpo_passk',
  'reinforce_pp',
  'reinforce_pp_baseline',
  'gdpo',
  'normalize_then_sum',
  'optimal_token_baseline',
] as const;

export type AdvantageName = (typeof ADVANTAGES)[number];
