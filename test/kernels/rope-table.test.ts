import { describe, expect, it } from 'vitest';
import { KernelError } from '../../src/base/errors.ts';
import { ropeTable } from '../../src/kernels/rope.ts';

/** The frequency of a pair, from the sine at position 1. */
function frequencies(table: Float32Array, headWidth: number): number[] {
  const half = headWidth / 2;
  return Array.from({ length: half }, (_, i) => Math.atan2(table[headWidth + half + i]!, table[headWidth + i]!));
}

describe('ropeTable', () => {
  it('holds the cosines and then the sines of position × theta^(−2i / headWidth)', () => {
    const headWidth = 8;
    const table = ropeTable({ headWidth, theta: 10_000, positions: 600, scaling: null });
    expect(table.length).toBe(600 * headWidth);
    for (const position of [0, 1, 17, 599]) {
      for (let i = 0; i < 4; i++) {
        const angle = position * 10 ** -i;
        expect(table[position * headWidth + i]!).toBeCloseTo(Math.cos(angle), 4);
        expect(table[position * headWidth + 4 + i]!).toBeCloseTo(Math.sin(angle), 4);
      }
    }
  });

  it("stretches slow rotations by Llama 3's rule", () => {
    const plain = { headWidth: 64, theta: 500_000, positions: 2, scaling: null };
    const scaling = { kind: 'llama3', factor: 8, lowFreqFactor: 1, highFreqFactor: 4, originalMaxPositions: 8192 } as const;
    const before = frequencies(ropeTable(plain), 64);
    const after = frequencies(ropeTable({ ...plain, scaling }), 64);
    const kinds = before.map((frequency, i) => {
      const wavelength = (2 * Math.PI) / frequency;
      const ratio = after[i]! / frequency;
      if (wavelength < 8192 / 4) return (expect(ratio).toBeCloseTo(1, 5), 'kept');
      if (wavelength > 8192) return (expect(ratio).toBeCloseTo(1 / 8, 5), 'divided');
      const smooth = (8192 / wavelength - 1) / (4 - 1);
      return (expect(ratio).toBeCloseTo((1 - smooth) / 8 + smooth, 5), 'blended');
    });
    expect(new Set(kinds)).toEqual(new Set(['kept', 'blended', 'divided']));
  });

  it('refuses an odd head width', () => {
    expect(() => ropeTable({ headWidth: 5, theta: 10_000, positions: 2, scaling: null })).toThrow(new KernelError('rope: expected an even headWidth, got 5.'));
  });
});
