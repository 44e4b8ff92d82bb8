/** The controllers of MaxEnt's target: its temperature chases an entropy of the weights, its tie to the reference a KL. */

import { z } from 'zod';
import { nextBeta, nextTau, targetAt, type TauState } from './stages/maxent-control.ts';

const number = (value: number, description: string, unit?: string) =>
  z
    .number()
    .default(value)
    .meta({ description, ...(unit !== undefined && { unit }) });

export const tauControlBlock = z
  .strictObject({
    start: number(1.2, 'Entropy of the weights to hold at first.', 'nats'),
    final: number(1.2, 'Entropy to hold after `horizon` steps.', 'nats'),
    horizon: z.int().min(0).default(0).meta({ description: 'Steps from the first to the last target.', unit: 'steps' }),
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

export interface TauControlOptions {
  readonly start: number;
  readonly final: number;
  readonly horizon: number;
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

/** The temperature and the tie now in force, and how they move from step to step. */
export class TargetController {
  readonly #tau: TauControlOptions | null;
  readonly #beta: BetaControlOptions | null;
  #state: TauState;
  #tie: number;
  #steps = 0;

  constructor({ tau, beta }: TargetNumbers, control: { readonly tau: TauControlOptions | null; readonly beta: BetaControlOptions | null }) {
    this.#tau = control.tau;
    this.#beta = control.beta;
    this.#state = { tau, logTau: Math.log(Math.max(tau, 1e-12)), mean: null };
    this.#tie = beta;
  }

  get now(): TargetNumbers {
    return { tau: this.#state.tau, beta: this.#tie };
  }

  endStep(metrics: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
    if (!this.#tau && !this.#beta) return {};
    const [entropy, kl] = [metrics['weight_entropy'], metrics['kl']];
    this.#steps++;
    if (this.#tau && entropy !== undefined && Number.isFinite(entropy)) {
      // As in the source, a largest temperature of 0 is none.
      this.#state = nextTau(this.#state, entropy, targetAt(this.#steps, this.#tau), {
        ...this.#tau,
        lr: this.#tau.step,
        max: this.#tau.max === 0 ? null : this.#tau.max,
      });
    }
    if (this.#beta && kl !== undefined && Number.isFinite(kl)) this.#tie = nextBeta(this.#tie, kl, this.#beta);
    return { 'maxent/tau': this.#state.tau, 'maxent/beta': this.#tie };
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
