/**
 * MaxEnt-GRPO: bring the probabilities of a group's completions to a distribution made of their utilities.
 *
 *   q = softmax(reward / qTemperature)        w ∝ q^{1/(τ + β)} · reference^{β/(τ + β)}
 *   listwise-ce:  p = softmax over the group of the completions' log-probs;  loss = −Σ w_i ln p_i, mean over groups
 *   mle-sum:      loss = −Σ w_i Σ_t logProb;      mle-mean: the mean over tokens in place of the sum; both mean over groups
 *
 * The maximum-likelihood forms push every completion up, also in groups of equal rewards; listwise-ce pushes down what has more than its
 * target, and leaves groups of equal rewards alone while `skipZeroVariance`.
 *
 * @source liv-daliberti/maxent-grpo (no paper; forms of November 2025, January 2026 and April 2026). Departures: a completion without
 *   tokens is no candidate; the optional clip takes the lesser objective on both sides, as PPO does.
 */

import { z } from 'zod';
import { logProbSurrogate } from '../kernels/stages-weights.ts';
import { UNCLAMPED } from '../kernels/stages.ts';
import type { MiniBatch, RolloutBatch } from './algorithm.ts';
import {
  betaControlBlock,
  type BetaControlOptions,
  metaControlBlock,
  type MetaControlOptions,
  TargetController,
  tauControlBlock,
  type TauControlOptions,
} from './maxent-controllers.ts';
import type { AdvantageDraft, Method } from './method.ts';
import { isNeutral, listwiseTarget, weightEntropy } from './stages/listwise.ts';
import { listwiseColumns, type ListwiseRows, listwiseTerm, sequenceClipTerm } from './stages/listwise-term.ts';
import { policyTerm } from './stages/surrogate.ts';

export const maxentBlock = z
  .strictObject({
    form: z.enum(['listwise-ce', 'mle-sum', 'mle-mean']).default('listwise-ce').meta({ description: 'Cross-entropy over the group, or weighted likelihood.' }),
    tau: z.number().min(0).default(0.3).meta({ description: 'Temperature of the target.' }),
    beta: z.number().min(0).default(0).meta({ description: 'How strongly the reference tilts the target.' }),
    q_temperature: z.number().gt(0).default(2).meta({ description: 'Temperature of the utilities.' }),
    q_eps: z.number().min(0).default(1e-6).meta({ description: 'Least share of a completion.' }),
    length_norm_ref: z.boolean().default(true).meta({ description: 'Score completions under the reference by their mean log-prob.' }),
    length_norm_policy: z.boolean().default(true).meta({ description: 'The same under the policy.' }),
    skip_zero_variance: z.boolean().default(true).meta({ description: 'Leave groups of equal utilities alone (listwise-ce).' }),
    denominator: z
      .enum(['tau+beta', 'tau'])
      .default('tau+beta')
      .meta({ description: 'What divides the exponents of the target; tau alone as one release of listwise-ce has it.' }),
    clip: z.number().gt(0).nullable().default(null).meta({ description: 'Adds a clipped sequence objective with this range; null = none.' }),
    tau_control: tauControlBlock,
    beta_control: betaControlBlock,
    meta_control: metaControlBlock,
  })
  .nullable()
  .default(null)
  .meta({ description: 'Bring the probabilities of a group’s completions to a target distribution.' });

export interface MaxentOptions {
  readonly form: 'listwise-ce' | 'mle-sum' | 'mle-mean';
  readonly tau: number;
  readonly beta: number;
  readonly qTemperature: number;
  readonly qEps: number;
  readonly lengthNormRef: boolean;
  readonly lengthNormPolicy: boolean;
  readonly skipZeroVariance: boolean;
  readonly denominator?: 'tau+beta' | 'tau';
  readonly clip: number | null;
  readonly tauControl?: TauControlOptions | null;
  readonly betaControl?: BetaControlOptions | null;
  readonly metaControl?: MetaControlOptions | null;
}

export interface MaxentSource {
  /** Where the advantage is negative the clip takes the greater objective. */
  readonly clipsAsReleased?: boolean;
  /** A completion without tokens is a candidate of one token with log-prob 0, which is the best score there is. */
  readonly countsEmptyRows?: boolean;
}

/** The log-ratio of a clipped sequence objective is held in ± this: of means over tokens, and of sums in the earlier release. */
const CLIP_CLAMP = { mean: 5, sum: 60 } as const;

export function maxent(options: MaxentOptions, { clipsAsReleased = false, countsEmptyRows = false }: MaxentSource = {}): Method {
  const { tauControl = null, betaControl = null, metaControl = null } = options;
  const target = new TargetController(options, { tau: tauControl, beta: betaControl, meta: metaControl });
  const isListwise = options.form === 'listwise-ce';
  const scores = options.lengthNormPolicy ? 'mean' : 'sum';
  return {
    name: 'maxent',
    needs: options.beta > 0 || betaControl || metaControl ? { tables: true, reference: true } : {},
    usesEveryGroup: !(isListwise && options.skipZeroVariance),
    rows: (draft) => setTargets(draft, { ...options, ...target.now }, countsEmptyRows),
    columns(batch) {
      const rows = rowsOf(batch);
      const groups = countGroups(rows);
      const perToken = Float64Array.from(batch.lengths, (length) => 1 / Math.max(1, length));
      const policy = Float64Array.from(rows.takesPart, (one, i) => (one === 0 || groups === 0 ? 0 : (options.form === 'mle-mean' ? perToken[i]! : 1) / groups));
      return {
        ...listwiseColumns(rows),
        advantage: rows.targets,
        policy,
        // A weight of the policy term by tokens is not to be applied twice.
        clipShare: options.form === 'mle-mean' ? new Float64Array(batch.B).fill(1) : perToken,
        clipAdvantage: batch.terms.get('maxentGap') ?? rows.targets,
        ...(options.clip !== null && { low: new Float64Array(batch.B).fill(1 - options.clip), high: new Float64Array(batch.B).fill(1 + options.clip) }),
      };
    },
    select(draft) {
      // Targets stand in place of advantages, also of those that tokens have of their own.
      draft.advantages = draft.row('advantage');
    },
    policyTerm(draft) {
      const rows = rowsOf(draft.batch);
      if (isListwise) listwiseTerm(draft, rows, scores, countGroups(rows));
      else draft.addPolicyLoss(policyTerm(draft, logProbSurrogate, { clampLogRatio: UNCLAMPED, pull: 0 }).value);
      if (options.clip === null) return;
      const clipScores = isListwise ? scores : 'sum';
      const clip = sequenceClipTerm(draft, {
        scores: clipScores,
        clamp: isListwise ? CLIP_CLAMP.mean : CLIP_CLAMP.sum,
        weights: 'clipShare',
        isSource: clipsAsReleased,
      });
      const weights = Float64Array.from(rows.takesPart, (one, i) => (one === 0 ? 0 : 1 / (countGroups(rows) * Math.max(1, rows.lengths[i]!))));
      draft.addLoss({ column: clip.value, weights, coefficient: 1, isPolicy: true });
    },
    endStep: (metrics) => target.endStep(metrics),
    state: () => target.state(),
    restore: (saved) => target.restore(saved ?? {}),
  };
}

/** Targets of all groups: into the terms, and as advantages what each row has beyond an equal share. */
function setTargets({ batch, rewards, values, terms, inLoss, metrics }: AdvantageDraft, options: MaxentOptions, countsEmptyRows: boolean): void {
  const [targets, active, gaps] = [new Float64Array(batch.rows), new Float64Array(batch.rows), new Float64Array(batch.rows)];
  const entropies: number[] = [];
  let neutral = 0;
  for (const group of batch.groups) {
    // A row that is left out of the loss has no tokens there.
    const own = group.rows.filter((row) => (countsEmptyRows || (batch.lengths[row]! > 0 && inLoss[row] === 1)) && !Number.isNaN(rewards[row]!));
    if (own.length === 0) continue;
    const utilities = own.map((row) => rewards[row]!);
    const { q, weights } = listwiseTarget(
      utilities,
      own.map((row) => referenceScore(batch, row, options)),
      { ...options, denominator: options.denominator ?? 'tau+beta' },
    );
    const isSkipped = options.form === 'listwise-ce' && options.skipZeroVariance && isNeutral(q);
    if (isSkipped) neutral++;
    own.forEach((row, i) => {
      targets[row] = isSkipped ? 1 / own.length : weights[i]!;
      active[row] = isSkipped ? 0 : 1;
      gaps[row] = isSkipped ? 0 : weights[i]! - 1 / own.length;
    });
    entropies.push(weightEntropy(own.map((row) => targets[row]!)));
  }
  gaps.forEach((gap, row) => (values[row] = gap));
  terms.set('maxentTarget', targets).set('maxentActive', active).set('maxentGap', gaps);
  metrics['weight_entropy'] = entropies.reduce((sum, value) => sum + value, 0) / Math.max(1, entropies.length);
  metrics['maxent/listwise_neutral_group_frac'] = neutral / Math.max(1, batch.groups.length);
}

function referenceScore({ tables, lengths }: RolloutBatch, row: number, { beta, lengthNormRef }: MaxentOptions): number {
  // Without a reference the sampling policy stands in for it.
  const logProbs = tables?.refLogProbs ?? tables?.oldLogProbs;
  if (beta === 0 || !tables || !logProbs) return 0;
  let sum = 0;
  for (let at = row * tables.T; at < (row + 1) * tables.T; at++) if (tables.responseMask[at] !== 0) sum += logProbs[at]!;
  return lengthNormRef ? sum / Math.max(1, lengths[row]!) : sum;
}

function rowsOf({ groupIds, terms, lengths, B }: MiniBatch): ListwiseRows {
  const none = new Float64Array(B);
  return { groupIds, targets: terms.get('maxentTarget') ?? none, lengths, takesPart: terms.get('maxentActive') ?? none };
}

/** Groups with a row that takes part. */
function countGroups({ groupIds, takesPart }: ListwiseRows): number {
  return new Set(Array.from(groupIds).filter((_, b) => takesPart[b] !== 0)).size;
}
