/** Every method by its recipe key: its block of options, and the order in which methods act. The one place a method is listed. */

import { RecipeError } from '../base/errors.ts';
import { bald, baldBlock, type BaldOptions } from './bald.ts';
import { clipCov, clipCovBlock, type ClipCovOptions } from './clip-cov.ts';
import { edge, edgeBlock, type EdgeOptions } from './edge.ts';
import { egpo, egpoBlock, type EgpoOptions } from './egpo.ts';
import { entropyControl, entropyControlBlock, type EntropyControlOptions } from './entropy-control.ts';
import { entropyShaping, entropyShapingBlock } from './entropy-shaping.ts';
import { entropyTarget, entropyTargetBlock, type EntropyTargetOptions } from './entropy-target.ts';
import { entropyrl, entropyrlBlock, type EntropyrlOptions } from './entropyrl.ts';
import { erc, ercBlock } from './erc.ts';
import { highEntropy, highEntropyBlock, type HighEntropyOptions } from './high-entropy.ts';
import { klCov, klCovBlock, type KlCovOptions } from './kl-cov.ts';
import { maxent, maxentBlock, type MaxentOptions } from './maxent.ts';
import { klControl, klControlBlock, type KlControlMethodOptions } from './kl-control.ts';
import type { Method } from './method.ts';
import { offPolicyMask, offPolicyMaskBlock } from './off-policy-mask.ts';
import type { AlgorithmOptions } from './options.ts';
import * as surrogates from './other-surrogates.ts';
import { overlong, overlongBlock, type OverlongMethodOptions } from './overlong.ts';
import { rolloutCorrection, rolloutCorrectionBlock, type RolloutCorrectionOptions } from './rollout-correction.ts';
import { rolloutRejection, rolloutRejectionBlock, type RolloutRejectionOptions } from './rollout-rejection.ts';
import { seedGrpo, seedGrpoBlock } from './seed-grpo.ts';
import { siren, sirenBlock, type SirenOptions } from './siren.ts';
import { tokenMaxent, tokenMaxentBlock, type TokenMaxentOptions } from './token-maxent.ts';
import { xdr, xdrBlock, type XdrOptions } from './xdr.ts';

/** The blocks of `algorithm`, by recipe key. */
export const methodBlocks = {
  overlong: overlongBlock,
  bald: baldBlock,
  egpo: egpoBlock,
  edge: edgeBlock,
  seed_grpo: seedGrpoBlock,
  xdr: xdrBlock,
  entropyrl: entropyrlBlock,
  maxent: maxentBlock,
  cispo: surrogates.cispoBlock,
  sapo: surrogates.sapoBlock,
  gmpo: surrogates.gmpoBlock,
  dppo: surrogates.dppoBlock,
  vespo: surrogates.vespoBlock,
  dro: surrogates.droBlock,
  ce_gppo: surrogates.ceGppoBlock,
  entropy_shaping: entropyShapingBlock,
  high_entropy: highEntropyBlock,
  clip_cov: clipCovBlock,
  kl_cov: klCovBlock,
  erc: ercBlock,
  off_policy_mask: offPolicyMaskBlock,
  rollout_correction: rolloutCorrectionBlock,
  rollout_rejection: rolloutRejectionBlock,
  kl_control: klControlBlock,
  siren: sirenBlock,
  token_maxent: tokenMaxentBlock,
  entropy_target: entropyTargetBlock,
  entropy_control: entropyControlBlock,
};

/** The same blocks as read; null and absent are off. */
export interface MethodOptions {
  readonly overlong?: OverlongMethodOptions | null;
  readonly bald?: BaldOptions | null;
  readonly egpo?: EgpoOptions | null;
  readonly edge?: EdgeOptions | null;
  readonly seedGrpo?: { readonly alpha: number } | null;
  readonly xdr?: XdrOptions | null;
  readonly entropyrl?: EntropyrlOptions | null;
  readonly maxent?: MaxentOptions | null;
  readonly cispo?: surrogates.CispoOptions | null;
  readonly sapo?: surrogates.SapoOptions | null;
  readonly gmpo?: surrogates.GmpoOptions | null;
  readonly dppo?: surrogates.DppoOptions | null;
  readonly vespo?: surrogates.VespoOptions | null;
  readonly dro?: surrogates.DroOptions | null;
  readonly ceGppo?: surrogates.CeGppoOptions | null;
  readonly entropyShaping?: { readonly alpha: number; readonly kappa: number } | null;
  readonly highEntropy?: HighEntropyOptions | null;
  readonly clipCov?: ClipCovOptions | null;
  readonly klCov?: KlCovOptions | null;
  readonly erc?: { readonly low: number; readonly high: number } | null;
  readonly offPolicyMask?: { readonly threshold: number } | null;
  readonly rolloutCorrection?: RolloutCorrectionOptions | null;
  readonly rolloutRejection?: RolloutRejectionOptions | null;
  readonly klControl?: KlControlMethodOptions | null;
  readonly siren?: SirenOptions | null;
  readonly tokenMaxent?: TokenMaxentOptions | null;
  readonly entropyTarget?: EntropyTargetOptions | null;
  readonly entropyControl?: EntropyControlOptions | null;
}

/**
 * The methods that are on, in the order in which they act.
 *
 * @throws RecipeError when two of them want to be the surrogate, or the entropy term
 */
export function methodsOf(base: AlgorithmOptions, on: MethodOptions): Method[] {
  const make = <O>(options: O | null | undefined, build: (options: O) => Method): Method[] => (options ? [build(options)] : []);
  const { compat } = base;
  const isMicro = compat.cov.scope === 'micro';
  const control = on.entropyControl ? entropyControl(on.entropyControl) : null;
  const methods = [
    // Rewards, and the advantages of rows.
    ...make(on.overlong, overlong),
    ...make(on.bald, (options) => bald(options, { countsPadding: compat.bald.positions === 'source' })),
    ...make(on.egpo, (options) => egpo(options, { isMisaligned: compat.egpo.align === 'source' })),
    ...make(on.edge, (options) => edge(options, { countsPadding: compat.edge.entropyMean === 'source' })),
    ...make(on.seedGrpo, (options) => seedGrpo(options, { countsEmptyRows: compat.seedGrpo.emptyRows === 'source' })),
    // What leaves rows out of the loss comes before what compares the rows that are in it.
    ...make(on.rolloutRejection, rolloutRejection),
    ...make(on.xdr, xdr),
    ...make(on.entropyrl, (options) => entropyrl(options, { base: base.clipHigh, clipLow: base.clipLow })),
    // The policy term: one of these in place of the clip.
    ...make(on.maxent, (options) =>
      maxent(options, { clipsAsReleased: compat.maxent.clipSide === 'source', countsEmptyRows: compat.maxent.emptyRows === 'source' }),
    ),
    ...make(on.cispo, surrogates.cispo),
    ...make(on.sapo, surrogates.sapo),
    ...make(on.gmpo, surrogates.gmpo),
    ...make(on.dppo, surrogates.dppo),
    ...make(on.vespo, surrogates.vespo),
    ...make(on.dro, surrogates.dro),
    ...make(on.ceGppo, (options) => surrogates.ceGppo(options, base.clipDual)),
    // Tokens: their advantages, then which take part.
    ...make(on.entropyShaping, entropyShaping),
    ...make(on.highEntropy, highEntropy),
    ...make(on.clipCov, (options) => clipCov(options, { isMicro })),
    ...make(on.klCov, (options) => klCov(options, { pull: () => control?.actuator('kl_cov_coef'), isMicro })),
    ...make(on.erc, erc),
    ...make(on.offPolicyMask, offPolicyMask),
    ...make(on.rolloutCorrection, rolloutCorrection),
    // The KL and entropy terms.
    ...make(on.klControl, (options) => klControl(options, base.klCoef)),
    ...make(on.siren, siren),
    ...make(on.tokenMaxent, tokenMaxent),
    ...make(on.entropyTarget, entropyTarget),
    ...(control ? [control] : []),
  ];
  atMostOne(
    methods.filter((method) => method.policyTerm),
    'policy term',
  );
  atMostOne(
    methods.filter((method) => method.entropyTerm ?? method.entropyCoef),
    'entropy term',
  );
  const held = methods.find((method) => method.entropyTerm);
  if (held && base.entropyCoef !== 0) {
    const message = `expected 0 beside algorithm.${held.name}, which stands in place of the bonus, got ${base.entropyCoef}. Set one of them to 0 or null.`;
    throw new RecipeError([{ path: 'algorithm.entropy_coef', message }]);
  }
  return methods;
}

function atMostOne(methods: readonly Method[], slot: string): void {
  if (methods.length < 2) return;
  const names = methods.map(({ name }) => `algorithm.${name}`).join(' and ');
  throw new RecipeError([{ path: names, message: `expected one ${slot}, got ${methods.length}. Set all but one to null.` }]);
}
