/** Stops or warns when a run goes wrong in a way that no metric chart says in words. */

import { GuardError } from '../base/errors.ts';
import type { StepResult } from './step-report.ts';

/** Each is null when switched off. */
export interface GuardOptions {
  /** Updates in a row with a gradient that is not finite. */
  readonly nonFiniteUpdates: number | null;
  /** Steps in a row in which every completion earns the same. */
  readonly constantRewardSteps: number | null;
  /** Largest gap between sampler and trainer on a token, nats. */
  readonly logProbGap: number | null;
  /** Share of truncated completions to warn at. */
  readonly truncatedShare: number | null;
  /** Nats. */
  readonly entropyFloor: number | null;
  readonly klCeiling: number | null;
}

export class Guards {
  readonly #options: GuardOptions;
  readonly #warn: (message: string) => void | Promise<void>;
  #constantSteps = 0;
  #nonFiniteUpdates = 0;
  #warnedOfTruncation = false;

  constructor(options: GuardOptions, warn: (message: string) => void | Promise<void>) {
    this.#options = options;
    this.#warn = warn;
  }

  /** @throws GuardError when the run should not go on */
  async check({ step, metrics, nonFiniteInARow }: StepResult): Promise<void> {
    const { nonFiniteUpdates, constantRewardSteps, logProbGap, truncatedShare, entropyFloor, klCeiling } = this.#options;
    const value = (name: string) => metrics[name] ?? Number.NaN;

    const isWholeStep = nonFiniteInARow === value('updates/count');
    this.#nonFiniteUpdates = nonFiniteInARow + (isWholeStep ? this.#nonFiniteUpdates : 0);
    if (nonFiniteUpdates !== null && this.#nonFiniteUpdates >= nonFiniteUpdates) {
      throw new GuardError(
        `step ${step}: expected finite gradients, got ${this.#nonFiniteUpdates} updates in a row without. The policy is as it was before them. Lower optim.lr, or look for a reward that is not finite.`,
      );
    }
    this.#constantSteps = value('reward_std') === 0 ? this.#constantSteps + 1 : 0;
    if (constantRewardSteps !== null && this.#constantSteps >= constantRewardSteps) {
      throw new GuardError(
        `step ${step}: expected rewards that differ, got ${value('reward')} for every completion in ${this.#constantSteps} steps. Test the reward on a right answer, or choose easier prompts (guards.constant_reward_steps).`,
      );
    }
    const gap = value('sampling/sampling_logp_difference/max');
    if (logProbGap !== null && gap > logProbGap) {
      throw new GuardError(
        `step ${step}: expected sampler and trainer within ${logProbGap} nats on every token, got ${gap}. This is a bug in Entrain unless the adapter is faulty (guards.log_prob_gap).`,
      );
    }
    if (entropyFloor !== null && value('entropy') < entropyFloor) {
      throw new GuardError(
        `step ${step}: expected an entropy of at least ${entropyFloor} nats, got ${value('entropy')} (guards.entropy_floor). An entropy bonus or a covariance method holds it up.`,
      );
    }
    if (klCeiling !== null && value('kl') > klCeiling) {
      throw new GuardError(
        `step ${step}: expected a KL of at most ${klCeiling} nats to the reference, got ${value('kl')} (guards.kl_ceiling). Lower optim.lr or raise algorithm.kl_coef.`,
      );
    }
    if (truncatedShare !== null && value('completions/clipped_ratio') > truncatedShare && !this.#warnedOfTruncation) {
      this.#warnedOfTruncation = true;
      await this.#warn(
        `${Math.round(100 * value('completions/clipped_ratio'))} % of completions were cut off at rollout.max_tokens in step ${step}: raise it, or check that the end token is known.`,
      );
    }
  }
}
