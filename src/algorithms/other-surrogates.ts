/**
 * Surrogates that stand in place of the PPO clip, each a method of its own. Their math is in `src/kernels/stages-weights.ts` and
 * `stages-clip.ts`, beside the kernels.
 *
 * @source CISPO: MiniMax 2025, arXiv:2506.13585 · SAPO: arXiv:2511.20347 · GMPO: arXiv:2507.20673 · DPPO: arXiv:2602.04879 ·
 *   VESPO: arXiv:2602.10693 · DRO: arXiv:2405.19107, as in verl · CE-GPPO: arXiv:2509.20712
 */

import { z } from 'zod';
import { maskedSums, multiplyTables, UNBOUNDED, UNCLAMPED, wholeTable } from '../kernels/stages.ts';
import { boundedGradientSurrogate } from '../kernels/stages-clip.ts';
import {
  cappedWeightSurrogate,
  divergenceSurrogate,
  gammaWeightSurrogate,
  geometricSurrogate,
  logProbSurrogate,
  softGateSurrogate,
} from '../kernels/stages-weights.ts';
import type { Draft } from './draft.ts';
import type { Method } from './method.ts';
import { policyTerm, type SurrogateColumns } from './stages/surrogate.ts';

const off = <T extends z.ZodType>(schema: T, description: string) =>
  schema
    .nullable()
    .default(null as never)
    .meta({ description });
const positive = (value: number, description: string) => z.number().gt(0).default(value).meta({ description });
const nonNegative = (value: number, description: string) => z.number().min(0).default(value).meta({ description });

/** A method whose policy term is one surrogate within bounds of its own. */
function surrogateMethod(
  name: string,
  bounds: readonly [low: number, high: number],
  term: (draft: Draft) => SurrogateColumns,
  addLoss = (draft: Draft, { value }: SurrogateColumns): void => draft.addPolicyLoss(value),
): Method {
  const [low, high] = bounds;
  return {
    name,
    columns: ({ B }) => ({ low: new Float64Array(B).fill(low), high: new Float64Array(B).fill(high) }),
    policyTerm: (draft) => addLoss(draft, term(draft)),
  };
}

export interface CispoOptions {
  readonly cap: number;
  readonly floor: number;
  /** The bounds as verl writes them, by their distance from 1. */
  readonly clipLow?: number | null;
  readonly clipHigh?: number | null;
}
const fromOne = (description: string) => z.number().min(0).nullable().default(null).meta({ description });
export const cispoBlock = off(
  z.strictObject({
    cap: positive(5, 'Largest weight of a token, as TRL writes it.'),
    floor: nonNegative(0, 'Smallest weight.'),
    clip_high: fromOne('The same as verl writes it: the cap is 1 + clip_high; null = cap.'),
    clip_low: fromOne('The same: the floor is 1 − clip_low; null = floor.'),
  }),
  'Weigh the log-prob of every token by its ratio, held in bounds; no token is stopped.',
);
export const cispo = ({ cap, floor, clipLow = null, clipHigh = null }: CispoOptions): Method =>
  surrogateMethod('cispo', [clipLow === null ? floor : 1 - clipLow, clipHigh === null ? cap : 1 + clipHigh], (draft) => {
    const columns = policyTerm(draft, cappedWeightSurrogate, { clampLogRatio: 20 });
    draft.measure((rows) => ({ cispo_clip_ratio: rows.tokenMean(columns.extra) }));
    return columns;
  });

export interface SapoOptions {
  readonly tauPositive: number;
  readonly tauNegative: number;
}
export const sapoBlock = off(
  z.strictObject({ tau_positive: positive(1, 'Steepness for positive advantages.'), tau_negative: positive(1.05, 'Steepness for negative ones.') }),
  'A gate that fades as the ratio leaves 1, in place of the clip.',
);
export const sapo = (options: SapoOptions): Method =>
  surrogateMethod('sapo', [0, UNBOUNDED], (draft) => policyTerm(draft, softGateSurrogate, { clampLogRatio: 20, ...options }));

export interface GmpoOptions {
  readonly low: number;
  readonly high: number;
}
export const gmpoBlock = off(
  z.strictObject({ low: nonNegative(0.4, 'The log-ratio counts down to −low.'), high: nonNegative(0.4, 'The log-ratio counts up to high.') }),
  'The geometric mean of the token ratios; wants loss_agg seq-mean-token-mean.',
);
export const gmpo = ({ low, high }: GmpoOptions): Method =>
  surrogateMethod('gmpo', [-low, high], (draft) => policyTerm(draft, geometricSurrogate, { clampLogRatio: UNCLAMPED }), addSharedLoss);

/** All tokens of a row have the same loss: of a selection, the share it keeps of them counts. */
function addSharedLoss(draft: Draft, { value }: SurrogateColumns): void {
  if (!draft.weights) return draft.addPolicyLoss(value);
  const kept = draft.sums(2);
  maskedSums(draft.device, draft.batch.responseMask, wholeTable(draft.weights), wholeTable(draft.weights), kept);
  draft.addPolicyLoss(value, { share: kept.at });
}

export interface DppoOptions {
  readonly divergence: 'tv' | 'kl';
  readonly low: number;
  readonly high: number;
  readonly cap: number;
}
export const dppoBlock = off(
  z.strictObject({
    divergence: z.enum(['tv', 'kl']).default('tv').meta({ description: 'Difference of probabilities, or KL of the token’s coin.' }),
    low: nonNegative(0.2, 'Divergence beyond which a token pushed down is left alone.'),
    high: nonNegative(0.2, 'The same for a token pushed up.'),
    cap: positive(20, 'Largest ratio that counts.'),
  }),
  'Leave tokens alone whose probability has moved too far the way they are pushed.',
);
export const dppo = ({ divergence, low, high, cap }: DppoOptions): Method =>
  surrogateMethod('dppo', [low, high], (draft) => policyTerm(draft, divergenceSurrogate, { clampLogRatio: 20, binaryKl: divergence === 'kl' ? 1 : 0, cap }));

export interface VespoOptions {
  readonly kPositive: number;
  readonly lambdaPositive: number;
  readonly kNegative: number;
  readonly lambdaNegative: number;
}
export const vespoBlock = off(
  z.strictObject({
    k_positive: positive(2, 'Power of the ratio where the advantage is positive.'),
    lambda_positive: positive(3, 'Decay there.'),
    k_negative: positive(3, 'Power where it is negative.'),
    lambda_negative: positive(2, 'Decay there.'),
  }),
  'Weigh log-probs by a function of the whole completion’s ratio that fades on both sides of 1.',
);
export const vespo = (options: VespoOptions): Method => surrogateMethod('vespo', [0, UNBOUNDED], (draft) => vespoTerm(draft, options), addSlopedLoss);

function vespoTerm(draft: Draft, options: VespoOptions): SurrogateColumns {
  const columns = policyTerm(draft, gammaWeightSurrogate, { clampLogRatio: 20, ...options });
  draft.measure((rows) => {
    const phis = rows.rowMeans(columns.extra);
    return { 'vespo/phi_seq_mean': phis.reduce((sum, phi) => sum + phi, 0) / Math.max(1, phis.length) };
  });
  return columns;
}

/** The loss of a token is its slope times its log-prob: of a selection, the slopes that are left. */
function addSlopedLoss(draft: Draft, { value }: SurrogateColumns): void {
  if (!draft.weights) return draft.addPolicyLoss(value);
  const [values, kept] = [draft.table('kept-values'), draft.sums(2)];
  draft.device.copy(draft.byLogProb, values);
  multiplyTables(draft.device, draft.batch.policyLogProbs, values);
  maskedSums(draft.device, draft.batch.responseMask, wholeTable(values), wholeTable(values), kept);
  draft.addPolicyLoss(kept.at);
}

export interface DroOptions {
  readonly beta: number;
}
export const droBlock = off(
  z.strictObject({ beta: nonNegative(0.1, 'Weight of the squared log-ratio, halved.') }),
  'Policy gradient with a squared pull of every log-prob to the old one, in place of the clip.',
);
export const dro = ({ beta }: DroOptions): Method => ({
  ...surrogateMethod('dro', [0, UNBOUNDED], (draft) => policyTerm(draft, logProbSurrogate, { clampLogRatio: UNCLAMPED, pull: beta })),
  // The pull acts whatever the rewards.
  usesEveryGroup: beta > 0,
});

export interface CeGppoOptions {
  readonly lowGain: number;
  readonly highGain: number;
}
export const ceGppoBlock = off(
  z.strictObject({
    low_gain: nonNegative(0.75, 'Gradient kept below the lower bound; more of it lowers entropy.'),
    high_gain: nonNegative(1, 'Gradient kept above the upper bound; more of it raises entropy.'),
  }),
  'A clip that keeps a bounded gradient outside its bounds.',
);
/** Keeps the bounds and the dual clip of the base. */
export const ceGppo = (options: CeGppoOptions, dual: number | null): Method => ({
  name: 'ce_gppo',
  policyTerm: (draft) => draft.addPolicyLoss(policyTerm(draft, boundedGradientSurrogate, { clampLogRatio: 20, dual: dual ?? UNBOUNDED, ...options }).value),
});
