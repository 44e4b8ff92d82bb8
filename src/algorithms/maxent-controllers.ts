/** The controllers of MaxEnt's target: its temperature chases an entropy of the weights, its tie to the reference a KL. */

import { z } from 'zod';
import { RecipeError } from '../base/errors.ts';
import { log } from '../base/exponential.ts';
import { nextBeta, nextMeta, nextTau, targetAt, type TargetSchedule, type TauState } from './stages/maxent-control.ts';

const number = (value: number, description: string, unit?: string) =>
  z
    .number()
    .default(value)
    .meta({ description, ...(unit !== undefined && { unit }) });

const schedule = {
  start: number(1.2, 'Entropy of the weights to hold at first.', 'nats'),
  final: number(1.2, 'Entropy to hold after `horizon` steps.', 'nats'),
  horizon: z.int().min(0).default(0).meta({ description: 'Steps from the first to the last target.', unit: 'steps' }),
  peak: z.number().nullable().default(null).meta({ description: 'Entropy to reach on the way; null = straight from start to final.', unit: 'nats' }),
  peak_step: z.int().min(0).default(0).meta({ description: 'Step at which it is reached.', unit: 'steps' }),
};

export const tauControlBlock = z
  .strictObject({
    ...schedule,
    step: z.number().min(0).default(1e-3).meta({ description: 'Change of ln tau per nat and step.' }),
    min: z.number().gt(0).default(1e-6).meta({ description: 'Smallest tau.' }),
    max: z.number().min(0).nullable().default(null).meta({ description: 'Largest tau; null or 0 = none.' }),
    decay: z.number().min(0).lt(1).default(0.9).meta({ description: 'Decay of the running mean of the weights’ entropy.' }),
  })
  .nullable()
  .default(null)
  .meta({ description: 'Let tau chase an entropy of the weights.' });

export const betaControlBlock = z
  .strictObject({
    target: z.number().gt(0).default(0.07).meta({ description: 'KL to the reference to hold.', unit: 'nats a token' }),
    step: z.number().gt(0).default(1).meta({ description: 'The relative error counts at most this much.' }),
    horizon: z.number().gt(0).default(500).meta({ description: 'Steps over which beta may change by one part.', unit: 'steps' }),
  })
  .nullable()
  .default(null)
  .meta({ description: 'Let beta chase a KL to the reference; it begins at beta, which must not be 0.' });

export const metaControlBlock = z
  .strictObject({
    ...schedule,
    kl: z.number().min(0).default(0.07).meta({ description: 'KL to the reference to hold.', unit: 'nats a token' }),
    tau_step: z.number().min(0).default(0.05).meta({ description: 'Change of tau per nat by which the entropy of the weights is off, and step.' }),
    beta_step: z.number().min(0).default(0.2).meta({ description: 'Change of beta per nat by which the KL is off, and step.' }),
    tau_min: z.number().gt(0).default(1e-6).meta({ description: 'Smallest tau.' }),
    tau_max: z.number().gt(0).default(1).meta({ description: 'Largest tau.' }),
    kl_clip: z.number().min(0).default(0).meta({ description: 'The KL is off by at most this; 0 = any.', unit: 'nats a token' }),
  })
  .nullable()
  .default(null)
  .meta({ description: 'One controller for both: tau and beta move by what the entropy of the weights and the KL are off.' });

interface ScheduleOptions {
  readonly start: number;
  readonly final: number;
  readonly horizon: number;
  readonly peak?: number | null;
  readonly peakStep?: number;
}

export interface MetaControlOptions extends ScheduleOptions {
  readonly kl: number;
  readonly tauStep: number;
  readonly betaStep: number;
  readonly tauMin: number;
  readonly tauMax: number;
  readonly klClip: number;
}

export interface TauControlOptions extends ScheduleOptions {
  readonly step: number;
  readonly min: number;
  readonly max: number | null;
  readonly decay: number;
}

export interface BetaControlOptions {
  readonly target: number;
  readonly step: number;
  readonly horizon: number;
}

export interface TargetNumbers {
  readonly tau: number;
  readonly beta: number;
}

/** What a target is steered by: at most one law for each of its numbers. */
export interface TargetControl {
  readonly tau?: TauControlOptions | null;
  readonly beta?: BetaControlOptions | null;
  readonly meta?: MetaControlOptions | null;
}

/** The temperature and the tie now in force, and how they move from step to step. */
export class TargetController {
  readonly #tau: TauControlOptions | null;
  readonly #beta: BetaControlOptions | null;
  readonly #meta: MetaControlOptions | null;
  #state: TauState;
  #tie: number;
  #steps = 0;

  /** @throws RecipeError where two laws want to move the same number */
  constructor({ tau, beta }: TargetNumbers, { tau: tauControl = null, beta: betaControl = null, meta = null }: TargetControl) {
    if (meta && (tauControl || betaControl)) {
      const message = 'expected it alone, since it moves tau and beta itself, got tau_control or beta_control beside it. Set them to null.';
      throw new RecipeError([{ path: 'algorithm.maxent.meta_control', message }]);
    }
    this.#tau = tauControl;
    this.#beta = betaControl;
    this.#meta = meta;
    this.#state = { tau, logTau: log(Math.max(tau, 1e-12)), mean: null };
    this.#tie = beta;
  }

  get now(): TargetNumbers {
    return { tau: this.#state.tau, beta: this.#tie };
  }

  endStep(metrics: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
    if (!this.#tau && !this.#beta && !this.#meta) return {};
    const [entropy, kl] = [metrics['weight_entropy'], metrics['kl']];
    this.#steps++;
    if (this.#tau && entropy !== undefined && Number.isFinite(entropy)) {
      // As in the source, a largest temperature of 0 is none.
      this.#state = nextTau(this.#state, entropy, targetAt(this.#steps, scheduleOf(this.#tau)), {
        ...this.#tau,
        lr: this.#tau.step,
        max: this.#tau.max === 0 ? null : this.#tau.max,
      });
    }
    if (this.#beta && kl !== undefined && Number.isFinite(kl)) this.#tie = nextBeta(this.#tie, kl, this.#beta);
    if (this.#meta) this.#moveBoth(this.#meta, entropy, kl);
    return { 'maxent/tau': this.#state.tau, 'maxent/beta': this.#tie };
  }

  /** A number without a measurement stays where it is. */
  #moveBoth(meta: MetaControlOptions, entropy = Number.NaN, kl = Number.NaN): void {
    const gapOf = (gap: number): number => (Number.isFinite(gap) ? gap : 0);
    const [entropyGap, klGap] = [gapOf(entropy - targetAt(this.#steps, scheduleOf(meta))), gapOf(kl - meta.kl)];
    const { tau, beta } = nextMeta(this.now, entropyGap, klGap, {
      lrTau: meta.tauStep,
      lrBeta: meta.betaStep,
      tauMin: meta.tauMin,
      tauMax: meta.tauMax,
      betaGradClip: meta.klClip,
    });
    this.#state = { ...this.#state, tau, logTau: log(Math.max(tau, 1e-12)) };
    this.#tie = beta;
  }

  state(): Readonly<Record<string, number>> {
    const { tau, logTau, mean } = this.#state;
    return { tau, logTau, beta: this.#tie, steps: this.#steps, ...(mean !== null && { mean }) };
  }

  restore(saved: Readonly<Record<string, number>>): void {
    const { tau, logTau } = this.#state;
    this.#state = { tau: saved['tau'] ?? tau, logTau: saved['logTau'] ?? logTau, mean: saved['mean'] ?? null };
    this.#tie = saved['beta'] ?? this.#tie;
    this.#steps = saved['steps'] ?? 0;
  }
}

function scheduleOf({ start, final, horizon, peak = null, peakStep = 0 }: ScheduleOptions): TargetSchedule {
  return { start, final, horizon, ...(peak !== null && { peak: { value: peak, step: peakStep } }) };
}
