import { adamwDirect, clipControlDirect, clipControlWorkgroup, partialCount, sumOfSquaresDirect, sumOfSquaresWorkgroup } from '../../../src/kernels/adamw.ts';
import { garbage, given, kernelCase, numberSource } from '../kernel-case.ts';

const numbers = numberSource('adamw');

const sums = [1, 13, 4095, 4096, 4097, 60_000].flatMap((count) => {
  const specs = { values: numbers([count], 3), partials: garbage([partialCount(count) + 5]) };
  return [sumOfSquaresDirect, sumOfSquaresWorkgroup].map((form) => kernelCase(form, `${count} elements`, specs, { count, offset: 3 }));
});

const clips = [
  { count: 1, maxNorm: 1, scale: 1 },
  { count: 331, maxNorm: 1, scale: 50 },
  { count: 331, maxNorm: 1000, scale: 50 },
  { count: 65, maxNorm: 0, scale: 50 },
  { count: 65, maxNorm: Number.POSITIVE_INFINITY, scale: 0 },
].flatMap(({ count, maxNorm, scale }) => {
  const specs = { partials: given(Array.from(numbers([count + 2], scale).data, Math.abs)), control: given([9, 9, 9, 2]) };
  return [clipControlDirect, clipControlWorkgroup].map((form) => kernelCase(form, `${count} partial sums, at most ${maxNorm}`, specs, { count, maxNorm }));
});

const updates = [
  { count: 1, step: 1, finite: 1, factor: 1 },
  { count: 331, step: 1, finite: 1, factor: 0.01 },
  { count: 331, step: 1000, finite: 1, factor: 1 },
  { count: 17, step: 3, finite: 0, factor: 1 },
  { count: 17, step: 4, finite: 1, factor: 1, skips: 3 },
  { count: 331, step: 1000, finite: 1, factor: 1, skips: 2 },
].map(({ count, step, finite, factor, skips = 0 }) =>
  kernelCase(
    adamwDirect,
    `${count} weights, step ${step}${finite ? '' : ', gradients not finite'}${skips ? `, ${skips} skipped that the host does not know of` : ''}`,
    {
      weights: numbers([count + 1]),
      gradients: numbers([count + 1], 3),
      m: numbers([count + 1], step === 1 ? 0 : 1),
      v: given(Array.from(numbers([count + 1], step === 1 ? 0 : 1).data, Math.abs)),
      control: given([4, factor, finite, 5 + skips]),
    },
    { count, lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0.01, step, skipped: 5, span: step === 1 ? 1 : 64 },
  ),
);

export const adamwCases = [...sums, ...clips, ...updates];
