/** The plan of the rivers' bands: when an answer changes places. */

import { expect, it } from 'vitest';
import type { Frame } from '../../demo/data/frame.ts';
import { steadyPlan } from '../../demo/ui/river/bands.ts';

const frame = (step: number, probabilities: Readonly<Record<string, number>>): Frame => ({
  step,
  metrics: {},
  rivers: [{ answers: Object.keys(probabilities), probabilities: Object.values(probabilities), rest: 0, wrong: 0.2, samples: 128, sampledRight: 0.8 }],
  tokens: null,
});

/** A river whose two answers change places after `turn`. */
const river = (last: number, turn: number): Frame[] =>
  Array.from({ length: last + 1 }, (_, step) => frame(step, { '1+4': 0.5, '2+3': step > turn ? 0.7 : 0.3 }));

it('a plan stands until the rivers are an eighth longer', () => {
  const first = steadyPlan(null, [river(16, 16)], 0, 90);
  expect(steadyPlan(first, [river(17, 16)], 0, 90)).toBe(first);
  const later = steadyPlan(first, [river(18, 16)], 0, 90);
  expect(later.order).toEqual([...first.order].reverse());
  expect(later.reach).toBe(18);
});

it('at the end, and where a run has gone back, everything is planned anew', () => {
  const first = steadyPlan(null, [river(89, 89)], 0, 90);
  expect(steadyPlan(first, [river(90, 89)], 0, 90).rank.get('2+3')).toBe(0);
  expect(first.rank.get('2+3')).toBe(1);
  expect(steadyPlan(first, [river(40, 20)], 0, 90).reach).toBe(40);
});

it('the longest river of a pair counts', () => {
  const first = steadyPlan(null, [river(40, 40), river(39, 39)], 0, 90);
  expect(steadyPlan(first, [river(40, 40), river(40, 39)], 0, 90)).toBe(first);
});
