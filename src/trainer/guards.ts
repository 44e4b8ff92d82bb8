/** Stops or warns when a run goes wrong in a way that no metric chart says in words; and says when there is nothing left to learn. */

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

/** What guards count from step to step; part of a checkpoint. */
export interface GuardState {
  /** Steps in a row in which every completion earned the same, and what. */
  readonly constantSteps: number;
  readonly constantReward: number | null;
  readonly nonFiniteUpdates: number;
}

export interface GuardOutlook {
  readonly warn: (message: string) => void | Promise<void>;
  /** The most a completion can earn, where that is known. */
  readonly greatestReward?: number | undefined;
  /** Counts of the run that is resumed. */
  readonly state?: GuardState | undefined;
}

export class Guards {
  readonly #options: GuardOptions;
  readonly #warn: GuardOutlook['warn'];
  readonly #greatestReward: number | undefined;
  #constantSteps: number;
  #constantReward: number | null;
  #nonFiniteUpdates: number;
  #warnedOfTruncation = false;
  /** Rewards whose failures have been told. */
  readonly #failing = new Set<string>();

  constructor(options: GuardOptions, { warn, greatestReward, state }: GuardOutlook) {
    this.#options = options;
    this.#warn = warn;
    this.#greatestReward = greatestReward;
    this.#constantSteps = state?.constantSteps ?? 0;
    this.#constantReward = state?.constantReward ?? null;
    this.#nonFiniteUpdates = state?.nonFiniteUpdates ?? 0;
  }

  state(): GuardState {
    return { constantSteps: this.#constantSteps, constantReward: this.#constantReward, nonFiniteUpdates: this.#nonFiniteUpdates };
  }

  /** Takes a step into account; before `solved` and `check` are asked. */
  count({ metrics, nonFiniteInARow }: StepResult): void {
    const isWholeStep = nonFiniteInARow === metrics['updates/count'];
    this.#nonFiniteUpdates = nonFiniteInARow + (isWholeStep ? this.#nonFiniteUpdates : 0);
    this.#constantSteps = metrics['reward_std'] === 0 ? this.#constantSteps + 1 : 0;
    this.#constantReward = this.#constantSteps > 0 ? (metrics['reward'] ?? null) : null;
  }

  /** Why there is nothing left to learn, or null: every completion has earned the most there is to earn, for as many steps as a constant reward is borne. */
  solved(): string | null {
    const { constantRewardSteps: most } = this.#options;
    const [reward, greatest] = [this.#constantReward, this.#greatestReward];
    if (most === null || this.#constantSteps < most || reward === null || greatest === undefined) return null;
    if (Math.abs(reward - greatest) > 1e-9 * Math.max(1, Math.abs(greatest))) return null;
    return `solved: every completion has earned ${greatest}, the most there is to earn, in ${this.#constantSteps} steps. Set guards.constant_reward_steps to null to go on all the same.`;
  }

  /** @throws GuardError when the run should not go on */
  async check(result: StepResult): Promise<void> {
    await this.#tellFailures(result);
    const { step, metrics } = result;
    const { nonFiniteUpdates, constantRewardSteps, logProbGap, truncatedShare, entropyFloor, klCeiling } = this.#options;
    const value = (name: string) => metrics[name] ?? Number.NaN;

    if (nonFiniteUpdates !== null && this.#nonFiniteUpdates >= nonFiniteUpdates) {
      throw new GuardError(
        `step ${step}: expected finite gradients, got ${this.#nonFiniteUpdates} updates in a row without. The policy is as it was before them. Lower optim.lr, or look for a reward that is not finite.`,
      );
    }
    if (constantRewardSteps !== null && this.#constantSteps >= constantRewardSteps && this.solved() === null) {
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

  /** A reward that fails on some completions is told once; where it fails on all, scoring has thrown. */
  async #tellFailures({ step, scored }: StepResult): Promise<void> {
    for (const name of Object.keys(scored[0]?.parts ?? {})) {
      const errors = scored.flatMap(({ parts }) => parts[name]?.error ?? []);
      if (errors.length === 0 || this.#failing.has(name)) continue;
      this.#failing.add(name);
      await this.#warn(
        `reward ${name} failed on ${errors.length} of ${scored.length} completions in step ${step}, which have no score of it (rewards/${name}/error is their share in every step). First: ${errors[0]}`,
      );
    }
  }
}
