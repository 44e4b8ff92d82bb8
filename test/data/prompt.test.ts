import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataError } from '../../src/base/errors.ts';
import { type Prompt, promptOrder, promptSet } from '../../src/data/prompt.ts';

const promptOf = (id: string): Prompt => ({ id, source: 'test', text: id, columns: {} });
const setOf = (size: number) =>
  promptSet(
    'test',
    Array.from({ length: size }, (_, i) => promptOf(String(i))),
  );
const idsOf = (prompts: readonly Prompt[]): string[] => prompts.map(({ id }) => id);

describe('promptSet', () => {
  it('refuses an empty set and an id twice', () => {
    expect(() => promptSet('empty.jsonl', [])).toThrow(DataError);
    expect(() => promptSet('empty.jsonl', [])).toThrow(/empty.jsonl: expected at least one prompt/);
    expect(() => promptSet('s', [promptOf('a'), promptOf('a')])).toThrow(/got a twice/);
  });
});

describe('promptOrder', () => {
  it('draws every prompt once a pass, whatever the step size', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(1e9), fc.nat(3), (size, seed, epoch) => {
        const order = promptOrder(setOf(size), { seed });
        const pass = idsOf(order.take(epoch * size, size));
        expect(new Set(pass).size).toBe(size);
        expect(order.epochAt(epoch * size)).toBe(epoch);
        expect(order.epochAt(epoch * size + size - 1)).toBe(epoch);
      }),
      { numRuns: 50 },
    );
  });

  it('continues from a cursor as if it had never stopped', () => {
    const set = setOf(10);
    const whole = idsOf(promptOrder(set, { seed: 7 }).take(0, 35));
    for (let cursor = 0; cursor < 35; cursor += 7) {
      expect(idsOf(promptOrder(set, { seed: 7 }).take(cursor, 7))).toEqual(whole.slice(cursor, cursor + 7));
    }
    const order = promptOrder(set, { seed: 7 });
    expect(idsOf(order.take(30, 5))).toEqual(whole.slice(30));
    expect(idsOf(order.take(3, 5))).toEqual(whole.slice(3, 8));
  });

  it('differs by seed and by pass', () => {
    const pass = (seed: number, epoch: number): string => idsOf(promptOrder(setOf(30), { seed }).take(30 * epoch, 30)).join();
    expect(new Set([pass(1, 0), pass(1, 1), pass(2, 0), pass(2, 1)]).size).toBe(4);
  });

  it('keeps the order of the file where shuffle is false', () => {
    const order = promptOrder(setOf(3), { seed: 1, shuffle: false });
    expect(idsOf(order.take(2, 5))).toEqual(['2', '0', '1', '2', '0']);
  });

  it.each([-1, 0.5, NaN])('refuses the cursor %d', (cursor) => {
    expect(() => promptOrder(setOf(3), { seed: 1 }).take(cursor, 1)).toThrow(/expected a cursor/);
  });
});
