import { dropoutKernel } from '../../../src/kernels/dropout.ts';
import { given, kernelCase, numberSource } from '../kernel-case.ts';

const numbers = numberSource('dropout');

export const dropoutCases = [
  { count: 1, width: 1, rate: 0.5 },
  { count: 13, width: 7, rate: 0.1 },
  { count: 331, width: 16, rate: 0.25 },
].flatMap(({ count, width, rate }) => {
  const tensors = {
    x: numbers([count * width]),
    addend: numbers([count * width]),
    sequences: given(Array.from({ length: count }, (_, i) => (i % 5) * 7)),
    positions: given(Array.from({ length: count }, (_, i) => Math.floor(i / 5))),
  };
  return [0, 1].map((useAddend) =>
    kernelCase(dropoutKernel, `${count} × ${width}, rate ${rate}, addend ${useAddend}`, tensors, {
      count,
      width,
      useAddend,
      site: 3,
      rate,
      key: [5, 9] as const,
    }),
  );
});
