import { adamwDirect, clipControlDirect, clipControlWorkgroup, partialCount, sumOfSquaresDirect, sumOfSquaresWorkgroup } from '../../../src/kernels/adamw.ts';
import { adamwBf16, momentWords } from '../../../src/kernels/adamw-bf16.ts';
import { bfloat16OfBits, bitsOf } from '../../../src/base/half.ts';
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

/** Multiples of 1/64 below 1 and halving betas: every number of the moments is exact in f32, so that rounding to bfloat16 starts from the same bits. */
const dyadic = (count: number, salt: number): number[] => Array.from({ length: count }, (_, i) => (((i * 37 + salt) % 127) - 63) / 64);
const packed = (numbers: readonly number[]): number[] =>
  Array.from({ length: momentWords(numbers.length) }, (_, word) =>
    [0, 1].reduce((bits, half) => bits + bfloat16OfBits(bitsOf(numbers[2 * word + half] ?? 0.75)) * 65_536 ** half, 0),
  );

const bf16Updates = [
  { count: 1, step: 1, finite: 1, factor: 1 },
  { count: 331, step: 1, finite: 1, factor: 0.25 },
  { count: 331, step: 9, finite: 1, factor: 1 },
  { count: 17, step: 3, finite: 0, factor: 1 },
  { count: 332, step: 9, finite: 1, factor: 1, skips: 2 },
].map(({ count, step, finite, factor, skips = 0 }) =>
  kernelCase(
    adamwBf16,
    `${count} weights, step ${step}${finite ? '' : ', gradients not finite'}${skips ? `, ${skips} skipped that the host does not know of` : ''}`,
    {
      weights: numbers([count + 1]),
      gradients: given(dyadic(count + 1, 5)),
      m: given(packed(dyadic(count, 1))),
      v: given(packed(dyadic(count, 2).map(Math.abs))),
      control: given([4, factor, finite, 5 + skips]),
    },
    { count, lr: 1e-3, beta1: 0.5, beta2: 0.75, eps: 1e-8, weightDecay: 0.01, step, skipped: 5, span: step === 1 ? 1 : 32, key: [7, 11] },
  ),
);

export const adamwCases = [...sums, ...clips, ...updates, ...bf16Updates];
