import { ropeKernel, ropeTable } from '../../../src/kernels/rope.ts';
import { given, kernelCase, numberSource } from '../kernel-case.ts';

const numbers = numberSource('rope');

export const ropeCases = [
  { count: 1, heads: 1, headWidth: 2, parts: 1 },
  { count: 13, heads: 3, headWidth: 6, parts: 2 },
  { count: 17, heads: 1, headWidth: 64, parts: 2 },
  { count: 331, heads: 2, headWidth: 8, parts: 8 },
].flatMap(({ count, heads, headWidth, parts }) => {
  const row = heads * headWidth + 1;
  const tensors = {
    positions: given(Array.from({ length: count }, (_, i) => (i * 3) % 50)),
    table: given(ropeTable({ headWidth, theta: 10_000, positions: 50, scaling: null })),
    x: numbers([2 + count * row]),
  };
  return [0, 1].map((inverse) =>
    kernelCase(ropeKernel, `${count} rows of ${heads} × ${headWidth}, inverse ${inverse}`, tensors, {
      count,
      heads,
      headWidth,
      parts,
      xOffset: 2,
      xStride: row,
      inverse,
    }),
  );
});
