/** The controller of entropy: its laws, its setpoint, and its state. */

import { describe, expect, it } from 'vitest';
import { entropyControl, type EntropyControlOptions } from '../../src/algorithms/entropy-control.ts';
import { nextActuator, setpointAt } from '../../src/algorithms/stages/entropy-law-control.ts';

const options: EntropyControlOptions = {
  setpoint: 0.5,
  law: 'pi',
  actuator: 'entropy_coef',
  start: 0,
  proportional: 0.2,
  integral: 0.02,
  step: 0.005,
  width: 0.05,
  min: 0,
  max: 0.2,
};

describe('a setpoint', () => {
  it('runs straight between its points and is constant outside them', () => {
    const schedule = [
      [10, 1],
      [20, 0.5],
    ] as const;
    expect([0, 10, 15, 20, 99].map((step) => setpointAt(schedule, step))).toEqual([1, 1, 0.75, 0.5, 0.5]);
    expect(setpointAt(0.7, 3)).toBe(0.7);
  });
});

describe('the laws', () => {
  it('pi sums gaps and adds a share of the last one', () => {
    const first = nextActuator({ sum: 0, value: 0 }, 0.1, 0, options);
    expect(first.value).toBeCloseTo(0.02 * 0.1 + 0.2 * 0.1, 12);
    expect(nextActuator(first, 0.1, 0, options).value).toBeCloseTo(2 * 0.02 * 0.1 + 0.2 * 0.1, 12);
  });

  it('pi does not wind up at a limit', () => {
    let state = { sum: 0, value: 0 };
    for (let i = 0; i < 1000; i++) state = nextActuator(state, 5, 0, options);
    expect(state).toEqual({ sum: 0, value: 0.2 });
    expect(nextActuator(state, -0.1, 0, options).value).toBe(0);
  });

  it('band moves outside its width only, bang-bang jumps', () => {
    const band = { ...options, law: 'band' } as const;
    expect([0.04, 0.06, -0.06].map((gap) => nextActuator({ sum: 0, value: 0.5 }, gap, 0, { ...band, step: 0.25, max: 1 }).value)).toEqual([0.5, 0.75, 0.25]);
    const bang = { ...options, law: 'bang-bang' } as const;
    expect([0.01, -0.01].map((gap) => nextActuator({ sum: 0, value: 0.1 }, gap, 0, bang).value)).toEqual([0.2, 0]);
  });

  it('closes the gap of a policy whose entropy falls by itself', () => {
    const control = entropyControl(options);
    let entropy = 1;
    for (let step = 0; step < 400; step++) {
      control.endStep!({ entropy });
      entropy += -0.02 * entropy + 0.4 * control.entropyCoef!();
    }
    expect(Math.abs(entropy - 0.5)).toBeLessThan(0.01);
  });
});

describe('the controller', () => {
  it('measures where the bonus acts', () => {
    const control = entropyControl(options);
    control.endStep!({ entropy: 0.1, 'entropy/kept': 0.5 });
    expect(control.entropyCoef!()).toBe(0);
  });

  it('keeps its value where there is no measurement', () => {
    const control = entropyControl({ ...options, start: 0.1 });
    control.endStep!({});
    control.endStep!({ entropy: Number.NaN });
    expect(control.entropyCoef!()).toBe(0.1);
  });

  it('goes on from its state, and follows edits from their step', () => {
    const run = (split: boolean): number[] => {
      let control = entropyControl(options);
      control.editSetpoint!([{ setpoint: 0.9, fromStep: 3 }]);
      return Array.from({ length: 6 }, (_, i) => {
        if (split && i === 4) {
          const saved = control.state!();
          control = entropyControl(options);
          control.editSetpoint!([{ setpoint: 0.9, fromStep: 3 }]);
          control.restore!(saved);
        }
        return control.endStep!({ entropy: 0.45 })['entropy_control/setpoint']! + control.entropyCoef!();
      });
    };
    expect(run(true)).toEqual(run(false));
    const wanted = entropyControl(options);
    wanted.editSetpoint!([{ setpoint: 0.9, fromStep: 3 }]);
    expect([1, 2, 3, 4].map(() => wanted.endStep!({ entropy: 0.5 })['entropy_control/setpoint'])).toEqual([0.5, 0.5, 0.9, 0.9]);
  });

  it('follows the last edit given of those whose step is reached, also where an earlier one was given for a later step', () => {
    const control = entropyControl(options);
    control.editSetpoint!([
      { setpoint: 0.9, fromStep: 4 },
      { setpoint: 0.7, fromStep: 2 },
    ]);
    expect([1, 2, 3, 4, 5].map(() => control.endStep!({ entropy: 0.5 })['entropy_control/setpoint'])).toEqual([0.5, 0.7, 0.7, 0.7, 0.7]);
  });
});
