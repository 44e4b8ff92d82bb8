/** The plan of the rivers' bands stays the same object while no answer changes places. */

import { expect, it } from 'vitest';
import type { Frame } from '../../demo/data/frame.ts';
import { planBands, steadyPlan } from '../../demo/ui/river/bands.ts';

const frame = (step: number, probabilities: Readonly<Record<string, number>>): Frame => ({
  step,
  metrics: {},
  rivers: [{ answers: Object.keys(probabilities), probabilities: Object.values(probabilities), rest: 0, wrong: 0.2, samples: 128, sampledRight: 0.8 }],
  tokens: null,
});

it('a plan in which nothing changed places is the one that was drawn by', () => {
  const first = planBands([[frame(0, { '1+4': 0.5, '2+3': 0.3 })]], 0);
  const higher = planBands([[frame(0, { '1+4': 0.5, '2+3': 0.3 }), frame(1, { '1+4': 0.6, '2+3': 0.2 })]], 0);
  const overtaken = planBands([[frame(0, { '1+4': 0.5, '2+3': 0.3 }), frame(1, { '1+4': 0.2, '2+3': 0.7 })]], 0);
  expect(steadyPlan(null, first)).toBe(first);
  expect(steadyPlan(first, higher)).toBe(first);
  expect(first.rank).toEqual(higher.rank);
  expect(steadyPlan(first, overtaken)).toBe(overtaken);
  expect(overtaken.order).not.toEqual(first.order);
});
