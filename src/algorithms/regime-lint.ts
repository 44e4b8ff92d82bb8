/**
 * The regime lint: what can have no effect in the set-up chosen, or lacks what it needs, said in plain words before the run starts.
 *
 * With one update a step the policy has not moved since it sampled: every ratio is 1, and what acts on ratios equals plain policy gradient.
 */

import type { MethodOptions } from './methods.ts';
import type { AlgorithmOptions } from './options.ts';
import { setpointAt } from './stages/entropy-law-control.ts';

export interface Regime {
  readonly algorithm: AlgorithmOptions & MethodOptions;
  readonly updatesPerStep: number;
  /** Completions of an update times their limit: it cannot have more tokens. */
  readonly mostTokensPerUpdate: number;
  /** Groups of equal rewards are sampled again. */
  readonly filtersGroups: boolean;
  readonly rewardNames: readonly string[];
  /** Old log-probs are the sampler's own. */
  readonly takesSamplerLogProbs: boolean;
  /** Share of the adapter's inputs that is dropped in training; 0 without an adapter. */
  readonly loraDropout: number;
  /** Entropy of the policy as it begins, nats; null before it has been measured. */
  readonly measuredEntropy: number | null;
}

export interface RegimeRow {
  readonly id: string;
  /** The keys it speaks of, where the condition holds. */
  readonly concerns: (regime: Regime) => readonly string[];
  readonly message: string;
}

/** Keys under `algorithm` of the methods that are on and pass the test. */
const keysWhere = (tests: Readonly<Record<string, boolean | null | undefined>>): string[] =>
  Object.entries(tests).flatMap(([key, holds]) => (holds ? [`algorithm.${key}`] : []));

/** Times by which an absolute target may differ from the measured entropy unremarked: Skywork's is 0.2 nats, an example of TRL's docs has 5. */
const FAR = 3;

const onPolicy = ({ updatesPerStep }: Regime): boolean => updatesPerStep === 1;
const twoUpdates = 'Set batch.update_prompts below batch.prompts, or batch.epochs to 2.';

/** The table, as data. */
export const regimeTable: readonly RegimeRow[] = [
  {
    id: 'kl-cov-on-policy',
    concerns: (regime) => (onPolicy(regime) && regime.algorithm.klCov ? ['algorithm.kl_cov'] : []),
    message: `no effect with one update a step: the policy has not moved, so the pull back to it is 0. Use clip_cov. Or: ${twoUpdates}`,
  },
  {
    id: 'ratio-on-policy',
    concerns: (regime) => {
      const { algorithm: on } = regime;
      if (!onPolicy(regime)) return [];
      return keysWhere({
        cispo: !!on.cispo,
        sapo: !!on.sapo,
        dppo: !!on.dppo,
        vespo: !!on.vespo,
        ce_gppo: !!on.ceGppo,
        erc: !!on.erc,
        dro: !!on.dro,
        'name: clip_higher': on.name === 'clip_higher',
      });
    },
    message: `equals plain policy gradient with one update a step, since every ratio is 1. ${twoUpdates}`,
  },
  {
    id: 'sequence-on-policy',
    concerns: (regime) => (onPolicy(regime) ? keysWhere({ 'ratio: sequence': regime.algorithm.ratio === 'sequence', gmpo: !!regime.algorithm.gmpo }) : []),
    message: `equals GRPO averaged over completions with one update a step, since every ratio is 1. ${twoUpdates}`,
  },
  {
    id: 'entropyrl-on-policy',
    concerns: (regime) => (onPolicy(regime) && regime.algorithm.entropyrl ? ['algorithm.entropyrl'] : []),
    message: `no effect with one update a step: no ratio reaches an upper bound. ${twoUpdates}`,
  },
  {
    id: 'clip-control-on-policy',
    concerns: (regime) => (onPolicy(regime) && regime.algorithm.entropyControl?.actuator === 'clip_high' ? ['algorithm.entropy_control.actuator'] : []),
    message: `clip_high can move nothing with one update a step: no ratio reaches a bound. ${twoUpdates}`,
  },
  {
    id: 'double-correction',
    concerns: ({ algorithm: on, takesSamplerLogProbs }) =>
      on.rolloutCorrection && (on.vespo || (on.cispo && takesSamplerLogProbs)) ? ['algorithm.rollout_correction'] : [],
    message: 'the surrogate weighs by the same ratio: it would be applied twice. Set algorithm.rollout_correction to null.',
  },
  {
    id: 'correction-without-gap',
    concerns: ({ algorithm: on, takesSamplerLogProbs }) =>
      takesSamplerLogProbs
        ? keysWhere({
            rollout_correction: on.rolloutCorrection && on.rolloutCorrection.policy !== 'current',
            rollout_rejection: !!on.rolloutRejection,
          })
        : [],
    message: 'no effect: old log-probs are the sampler’s own, so there is no gap. Set algorithm.old_log_probs to trainer to measure one.',
  },
  {
    id: 'filter-takes-groups',
    concerns: ({ algorithm: on, filtersGroups }) =>
      filtersGroups && on.maxent && (on.maxent.form !== 'listwise-ce' || !on.maxent.skipZeroVariance) ? ['algorithm.filter_groups'] : [],
    message: 'takes away groups of equal rewards, which this form of maxent learns from. Set algorithm.filter_groups.enable to false.',
  },
  {
    id: 'signal-on-other-tokens',
    concerns: ({ algorithm: on }) =>
      on.entropyControl && on.entropyControl.actuator !== 'entropy_coef' && on.highEntropy ? ['algorithm.entropy_control'] : [],
    message:
      'its entropy is measured on the tokens that high_entropy keeps, and its actuator moves others too. Use actuator entropy_coef, or leave high_entropy out.',
  },
  {
    id: 'target-far-from-entropy',
    concerns: ({ algorithm: on, measuredEntropy: measured }) =>
      measured === null
        ? []
        : keysWhere({
            'entropy_target.target': on.entropyTarget && isFar(on.entropyTarget.target, measured),
            'entropy_control.setpoint': on.entropyControl && !on.entropyControl.relative && isFar(setpointAt(on.entropyControl.setpoint, 0), measured),
            'siren.anchor': typeof on.siren?.anchor === 'number' && isFar(on.siren.anchor, measured),
          }),
    message: `is more than ${FAR} times the entropy that the policy begins with, or less than 1/${FAR} of it. Published targets are of other models and tasks: anchor it to the measured one.`,
  },
  {
    id: 'missing-score',
    concerns: ({ algorithm: on, rewardNames }) => (on.entropyrl && !rewardNames.includes(on.entropyrl.score) ? ['algorithm.entropyrl.score'] : []),
    message: 'no reward of that name gives the score, so every completion keeps the base bound. Add it to reward, with weight 0 if it is not to be earned.',
  },
  {
    id: 'share-below-a-token',
    concerns: ({ algorithm: on, mostTokensPerUpdate: tokens }) =>
      keysWhere({ 'clip_cov.share': on.clipCov && tooSmall(on.clipCov, tokens), 'kl_cov.share': on.klCov && tooSmall(on.klCov, tokens) }),
    message: 'is less than one token of an update, so min_count alone decides. Published shares are for updates of 10⁵ tokens and more: raise it.',
  },
  {
    id: 'neutral',
    concerns: ({ algorithm: on }) =>
      keysWhere({
        clip_cov: on.clipCov?.share === 0 && on.clipCov.minCount === 0,
        kl_cov: (on.klCov?.coef === 0 && on.entropyControl?.actuator !== 'kl_cov_coef') || (on.klCov?.share === 0 && on.klCov.minCount === 0),
        egpo: on.egpo?.weightMin === 1 && on.egpo.weightMax === 1,
        edge: on.edge?.weightMin === 1 && on.edge.weightMax === 1,
        xdr: on.xdr?.tau === null,
        seed_grpo: on.seedGrpo?.alpha === 0,
        bald: on.bald && (on.bald.form === 'additive' ? on.bald.coef === 0 && on.bald.aleatoricCoef === 0 : on.bald.exploreCoef === 0),
        entropy_shaping: on.entropyShaping?.alpha === 0,
        high_entropy: on.highEntropy?.share === 1,
        siren: on.siren?.coef === 0,
        overlong: on.overlong?.factor === 0,
      }),
    message: 'is on with an option at its neutral value, so it changes nothing.',
  },
  {
    id: 'adapter-dropout',
    concerns: ({ loraDropout }) => (loraDropout > 0 ? ['lora.dropout'] : []),
    message:
      'the policy is trained under dropout and sampled without: KL acts on that noise, and after the first update of a step so does clipping. 0 is usual in RL.',
  },
  {
    id: 'law-under-control',
    concerns: ({ algorithm: on }) => entropyControlsOf(on).slice(0, 1),
    message: 'holds entropy or the policy, so the report’s fit of reward to entropy is not valid for this run: that law is of runs left alone.',
  },
];

function isFar(target: number, measured: number): boolean {
  return target > FAR * measured || FAR * target < measured;
}

function tooSmall({ share }: { readonly share: number }, tokens: number): boolean {
  return share > 0 && Math.floor(share * tokens) === 0;
}

/** What holds entropy in an algorithm, or the policy to a reference, as recipe keys; empty where nothing intervenes. */
export function entropyControlsOf(on: Partial<AlgorithmOptions> & MethodOptions): string[] {
  return [
    ...(on.entropyCoef !== undefined && on.entropyCoef !== 0 ? ['algorithm.entropy_coef'] : []),
    ...(on.entropyControl ? ['algorithm.entropy_control'] : []),
    ...(on.entropyTarget ? ['algorithm.entropy_target'] : []),
    ...(on.siren ? ['algorithm.siren'] : []),
    ...(on.clipCov ? ['algorithm.clip_cov'] : []),
    ...(on.klCov ? ['algorithm.kl_cov'] : []),
    ...(on.tokenMaxent ? ['algorithm.token_maxent'] : []),
    ...(on.klCoef !== undefined && on.klCoef !== 0 ? ['algorithm.kl_coef'] : []),
  ];
}

/** What the table says of a set-up, a sentence each. */
export function lintRegime(regime: Regime): string[] {
  return regimeTable.flatMap(({ concerns, message }) => {
    const keys = concerns(regime);
    return keys.length > 0 ? [`${keys.join(', ')}: ${message}`] : [];
  });
}
