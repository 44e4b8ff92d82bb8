/**
 * Entropy control: an actuator of the loss is moved so that the entropy of the policy follows a setpoint.
 *
 *   gap = setpoint(step) − H
 *   pi:         sum ← sum + integral · gap        actuator = start + sum + proportional · gap
 *   band:       actuator ± step while H is outside setpoint ± width        bang-bang: max below the setpoint, min above
 *
 * H is the mean entropy of the tokens that were sampled, or of those that the bonus acts on. At a limit the sum stands still. The setpoint is
 * in nats, or (`relative`) a multiple of the entropy of the run's first step, so that it means the same for every policy and task. It may be edited while the run goes on; of the edits whose step is reached the last one given holds.
 *
 * @source Ours. The laws have been used apart: PI in EntroPIC (arXiv:2511.15248), band in Entrocraft (arXiv:2604.26326), steps in
 *   Skywork-OR1 (arXiv:2505.22312).
 */

import { z } from 'zod';
import type { Method } from './method.ts';
import type { SetpointEdit } from './setpoint-edit.ts';
import { type LawOptions, type LawState, nextActuator, type Setpoint, setpointAt } from './stages/entropy-law-control.ts';

export const ACTUATORS = ['entropy_coef', 'kl_cov_coef', 'clip_high'] as const;

const nats = z.number().min(0);

export const entropyControlBlock = z
  .strictObject({
    setpoint: z
      .union([nats, z.array(z.tuple([z.int().min(0), nats])).min(1)])
      .default(0.5)
      .meta({ description: 'Entropy to hold: a number, or pairs (step, value) joined by straight lines.', unit: 'nats' }),
    relative: z.boolean().default(false).meta({ description: 'The setpoint is a multiple of the entropy of the first step, not nats.' }),
    law: z.enum(['pi', 'band', 'bang-bang']).default('pi').meta({ description: 'How the gap moves the actuator.' }),
    actuator: z.enum(ACTUATORS).default('entropy_coef').meta({ description: 'What is moved: the entropy bonus, the pull of kl_cov, or the upper clip.' }),
    start: z.number().default(0).meta({ description: 'The actuator at first.' }),
    proportional: z.number().min(0).default(1).meta({ description: 'Actuator per nat of gap (pi).' }),
    integral: z.number().min(0).default(0.05).meta({ description: 'Actuator per nat of gap and step (pi).' }),
    step: z.number().min(0).default(0.005).meta({ description: 'Change of the actuator per step (band).' }),
    width: nats.default(0.05).meta({ description: 'Half the width of the band.', unit: 'nats' }),
    min: z.number().default(0).meta({ description: 'Smallest value of the actuator; below 0 an entropy bonus lowers entropy.' }),
    max: z.number().default(0.2).meta({ description: 'Largest value.' }),
  })
  .nullable()
  .default(null)
  .meta({ description: 'Hold the entropy of the policy at a setpoint that may be edited while the run goes on.' });

export interface EntropyControlOptions extends LawOptions {
  readonly setpoint: Setpoint;
  readonly relative?: boolean;
  readonly actuator: (typeof ACTUATORS)[number];
  readonly start: number;
}

export interface EntropyController extends Method {
  /** The actuator now in force, if it is the one asked for. */
  actuator(name: EntropyControlOptions['actuator']): number | undefined;
}

export function entropyControl(options: EntropyControlOptions): EntropyController {
  const { setpoint, start, actuator, relative = false } = options;
  let law: LawState = { sum: 0, value: Math.min(options.max, Math.max(options.min, start)) };
  let steps = 0;
  // Entropy of the first step, once it is known.
  let first: number | null = null;
  let edits: readonly SetpointEdit[] = [];
  const wantedAt = (step: number): number => {
    const edit = edits.findLast(({ fromStep }) => fromStep <= step);
    return setpointAt(edit ? edit.setpoint : setpoint, step);
  };
  const actuatorOf = (name: EntropyControlOptions['actuator']): number | undefined => (name === actuator ? law.value : undefined);
  return {
    name: 'entropy_control',
    usesEveryGroup: actuator === 'entropy_coef',
    actuator: actuatorOf,
    ...(actuator === 'entropy_coef' && { entropyCoef: () => law.value }),
    rows({ batch, terms }) {
      // A bound that a score has set for each row stays its own.
      if (actuator === 'clip_high' && !terms.has('clipHigh')) terms.set('clipHigh', new Float64Array(batch.rows).fill(law.value));
    },
    editSetpoint(next) {
      edits = next;
    },
    endStep(metrics) {
      steps++;
      const entropy = metrics['entropy/kept'] ?? metrics['entropy'];
      const isMeasured = entropy !== undefined && Number.isFinite(entropy);
      if (isMeasured) first ??= entropy;
      const wanted = wantedAt(steps) * (relative ? (first ?? Number.NaN) : 1);
      const used = law.value;
      if (isMeasured) law = nextActuator(law, wanted - entropy, start, options);
      return { 'entropy_control/setpoint': wanted, 'entropy_control/actuator': used };
    },
    state: () => ({ sum: law.sum, value: law.value, steps, ...(first !== null && { first }) }),
    restore(saved) {
      law = { sum: saved?.['sum'] ?? 0, value: saved?.['value'] ?? law.value };
      steps = saved?.['steps'] ?? 0;
      first = saved?.['first'] ?? null;
    },
  };
}
