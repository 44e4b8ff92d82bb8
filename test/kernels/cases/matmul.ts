import { matmulDirect } from '../../../src/kernels/matmul-forms.ts';
import { garbage, kernelCase, numberSource } from '../kernel-case.ts';

const numbers = numberSource('matmul');

export const matmulCases = [
  [1, 1, 1],
  [13, 11, 7],
  [8, 8, 8],
  [9, 7, 33],
  [331, 37, 5],
].flatMap(([M = 0, N = 0, K = 0]) => {
  const out = { outOffset: 1, outRow: N + 1 };
  const shape = { M, N, K, aOffset: 2, bOffset: 0 };
  const a = numbers([2 + M * K]);
  const b = numbers([K * N]);
  const title = `${M} × ${N} × ${K}`;
  return [
    kernelCase(
      matmulDirect,
      title,
      { a, b, addend: numbers([4]), out: garbage([1 + M * (N + 1)]) },
      { ...shape, aRow: K, aColumn: 1, bRow: N, bColumn: 1, ...out, addendOffset: 0, addendRow: 0, useAddend: 0, accumulate: 0 },
    ),
    kernelCase(
      matmulDirect,
      `${title}, transposed, with a bias, accumulated`,
      { a, b, addend: numbers([N + 3]), out: numbers([1 + M * (N + 1)]) },
      { ...shape, aRow: 1, aColumn: M, bRow: 1, bColumn: K, ...out, addendOffset: 3, addendRow: 0, useAddend: 1, accumulate: 1 },
    ),
  ];
});
