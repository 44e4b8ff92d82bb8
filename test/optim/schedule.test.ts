import { describe, expect, it } from 'vitest';
import { learningRate, type Schedule } from '../../src/optim/schedule.ts';

const schedule = { kind: 'cosine', lr: 1, warmupUpdates: 2, totalUpdates: 12, finalShare: 0 } as const satisfies Schedule;
const rates = (options: Schedule, updates: readonly number[]) => updates.map((update) => learningRate(options, update));

describe('a schedule', () => {
  it('begins above 0, reaches the rate with the last update of its warm-up, and goes on from there', () => {
    for (const kind of ['constant', 'linear', 'cosine'] as const) expect(rates({ ...schedule, kind }, [0, 1, 2])).toEqual([0.5, 1, 1]);
  });

  it('ends at its final share, and stays there when the run is longer', () => {
    for (const finalShare of [0, 0.1]) {
      for (const kind of ['linear', 'cosine'] as const)
        expect(rates({ ...schedule, kind, finalShare }, [12, 13, 100])).toEqual([finalShare, finalShare, finalShare]);
    }
    expect(learningRate({ ...schedule, kind: 'linear' }, 11)).toBeCloseTo(0.1, 12);
    expect(learningRate(schedule, 11)).toBeCloseTo((1 + Math.cos(0.9 * Math.PI)) / 2, 12);
    expect(learningRate(schedule, 7)).toBeCloseTo(0.5, 15);
  });
});
