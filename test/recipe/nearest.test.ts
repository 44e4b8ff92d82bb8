import { describe, expect, it } from 'vitest';
import { nearest, slipsBetween } from '../../src/recipe/nearest.ts';

describe('slips between words', () => {
  it.each([
    ['clip', 'clip', 0],
    ['clip', 'clap', 1],
    ['clip', 'clips', 1],
    ['hihg', 'high', 1],
    ['', 'abc', 3],
    ['kitten', 'sitting', 3],
    ['ca', 'abc', 3],
  ])('%s → %s: %i', (a, b, slips) => {
    expect(slipsBetween(a, b)).toBe(slips);
    expect(slipsBetween(b, a)).toBe(slips);
  });
});

describe('the nearest word', () => {
  it('is at most two slips away, or begins alike', () => {
    expect(nearest('stesp', ['seed', 'steps'])).toBe('steps');
    expect(nearest('warmup', ['lr', 'warmup_steps'])).toBe('warmup_steps');
    expect(nearest('lr', ['k3', 'eps'])).toBeUndefined();
    expect(nearest('temperature', ['n', 'stop'])).toBeUndefined();
  });
});
