/** The plane of a chart: round ticks that have room, lines through what was measured, the step under the pointer. */

import { describe, expect, it } from 'vitest';
import { bandPath, linePath, marksPath, plotBox, stepAt, stepTicks, valueTicks, xAt, yAt } from '../../demo/ui/charts/plot-geometry.ts';
import type { ChartData, SideSeries } from '../../demo/ui/charts/series.ts';

const series = (mean: readonly (number | null)[], range?: SideSeries['range']): SideSeries => ({
  side: 'A',
  label: 'GRPO',
  line: { metric: 'entropy', name: 'entropy', style: 'line' },
  mean,
  ...(range && { range }),
});
const data = (...all: readonly SideSeries[]): ChartData => ({ steps: [0, 1, 2, 5], series: all });
const size = { width: 352, height: 128, steps: 5 };

/** Where each of a path's points lies. */
const points = (path: string): number[][] => [...path.matchAll(/([\d.]+) ([\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)]);

describe('the plane', () => {
  it('holds 0, what it reaches at least, and every value of every seed', () => {
    expect(plotBox(data(series([0.2, null, 0.4, 0.3])), size, 1)).toMatchObject({ low: 0, high: 1.02 });
    const wide = plotBox(data(series([0.2, 1, 2, 3], { low: [-0.5, 0, 0, 0], high: [0.3, 2, 3, 4] })), size, 1);
    expect(wide).toMatchObject({ low: -0.5, high: 4.08 });
  });

  it('runs from the margin at the left to the last step at the right, and from high to low', () => {
    const box = plotBox(data(), size, 1);
    expect([xAt(0, box), xAt(5, box)]).toEqual([38, 338]);
    expect([yAt(box.high, box), yAt(0, box)]).toEqual([6, 106]);
  });

  it('of a run without steps has no place that is not a number', () => {
    const box = plotBox({ steps: [], series: [] }, { ...size, steps: 0 }, 1);
    expect(xAt(0, box)).toBe(38);
    expect(stepTicks(box)).toEqual([0, 1]);
  });
});

describe('ticks', () => {
  it.each([
    { steps: 90, expected: [0, 20, 40, 60, 80] },
    { steps: 240, expected: [0, 50, 100, 150, 200] },
    { steps: 3, expected: [0, 1, 2, 3] },
    { steps: 12, expected: [0, 5, 10] },
    { steps: 2001, expected: [0, 500, 1000, 1500, 2000] },
  ])('of $steps steps are whole and at least 60 pixels apart', ({ steps, expected }) => {
    const box = plotBox(data(), { ...size, steps }, 1);
    const ticks = stepTicks(box);
    expect(ticks).toEqual(expected);
    ticks.slice(1).forEach((tick, i) => expect(xAt(tick, box) - xAt(ticks[i]!, box)).toBeGreaterThanOrEqual(60));
  });

  it.each([
    { atLeast: 1, expected: [0, 0.5, 1] },
    { atLeast: 0.01, expected: [0, 0.005, 0.01] },
    { atLeast: 14, expected: [0, 5, 10] },
  ])('of values up to $atLeast are round', ({ atLeast, expected }) => {
    expect(valueTicks(plotBox(data(), size, atLeast)).map((tick) => Number(tick.toPrecision(6)))).toEqual(expected);
  });
});

describe('lines', () => {
  const box = plotBox(data(), size, 1);

  it('pass over what was not measured', () => {
    expect(points(linePath([0, 1, 2, 5], [0.2, null, 0.4, null], box)).map(([x]) => x)).toEqual([38, 158]);
    expect(linePath([0, 1], [null, null], box)).toBe('');
    expect(marksPath([0, 1], [null, null], box)).toBe('');
  });

  it('of several seeds have a field from the largest to the least and back', () => {
    const field = points(bandPath([0, 5], { low: [0, 0.1], high: [1.02, 0.9] }, box));
    expect(field.map(([x]) => x)).toEqual([38, 338, 338, 38]);
    expect(field[0]![1]).toBe(6);
    expect(field[3]![1]).toBe(106);
  });
});

it('the pointer is at the nearest step of the data', () => {
  const box = plotBox(data(), size, 1);
  expect(stepAt(0, data(), box)).toBe(0);
  expect(stepAt(xAt(3.4, box), data(), box)).toBe(2);
  expect(stepAt(xAt(3.6, box), data(), box)).toBe(5);
  expect(stepAt(50, { steps: [], series: [] }, box)).toBeNull();
});
