/** The options of an algorithm: what the pipeline's slots are set to. A preset fills them; a recipe overrides single ones. */

import type { KlEstimator } from '../kernels/stages-penalty.ts';
import type { AdvantageName } from './advantage-names.ts';
import type { AdvantageOptions } from './stages/advantage.ts';
import { type CompatOptions, NO_COMPAT } from './compat.ts';
import type { LossAggregation } from './stages/aggregate.ts';

/** What the slots of the pipeline are set to. */
export interface AlgorithmOptions {
  readonly name: string;

  /** How rewards become advantages; `advantageCenter` and `advantageScale` belong to `grpo`. */
  readonly advantage: AdvantageName;
  /** Discount of `reinforce_pp`. */
  readonly discount: number;
  readonly advantageCenter: AdvantageOptions['center'];
  readonly advantageScale: AdvantageOptions['scale'];
  readonly advantageEps: number;

  /** The ratio held in bounds, the ratio as it is, or the log-prob alone (the gradient of a ratio of 1). */
  readonly surrogate: 'clip' | 'plain' | 'pg';
  readonly ratio: 'token' | 'sequence';
  /** The ratio is held in [1 − clipLow, 1 + clipHigh]. */
  readonly clipLow: number;
  readonly clipHigh: number;
  /** Where the advantage is negative the ratio counts at most this much; null: no such bound. */
  readonly clipDual: number | null;
  /** The ratio itself counts at most this much, also where nothing else holds it; null: no such bound. */
  readonly clipDelta: number | null;
  /** The log-ratio is held in ± this before exp; null: not held. */
  readonly clampLogRatio: number | null;

  readonly lossAgg: LossAggregation;
  /** L of `seq-mean-token-sum-norm`; null: the limit on completion length. */
  readonly lossScaleFactor: number | null;
  /** Rows cut at the length limit count in their group and not in the loss. */
  readonly maskTruncated: boolean;

  readonly klCoef: number;
  readonly klEstimator: KlEstimator;
  /** The KL term lowers the reward instead of joining the loss. */
  readonly klInReward: boolean;
  readonly klClamp: { readonly logRatio: number | null; readonly k3: number | null };
  readonly klBiasCorrection: boolean;
  readonly entropyCoef: number;
  /** Whether a row's weight multiplies its policy term alone, or its KL term too. */
  readonly rowWeightScope: 'policy' | 'all';
  /** Defects of sources, restored. */
  readonly compat: CompatOptions;
}

/** GRPO as verl has it: the base that every other preset is told apart from. */
export const GRPO_OPTIONS: AlgorithmOptions = {
  name: 'grpo',
  advantage: 'grpo',
  discount: 1,
  advantageCenter: 'mean',
  advantageScale: 'group',
  advantageEps: 1e-6,
  surrogate: 'clip',
  ratio: 'token',
  clipLow: 0.2,
  clipHigh: 0.2,
  clipDual: 3,
  clipDelta: null,
  clampLogRatio: 20,
  lossAgg: 'token-mean',
  lossScaleFactor: null,
  maskTruncated: false,
  klCoef: 0,
  klEstimator: 'k3',
  klInReward: false,
  klClamp: { logRatio: 20, k3: 10 },
  klBiasCorrection: false,
  entropyCoef: 0,
  rowWeightScope: 'policy',
  compat: NO_COMPAT,
};
