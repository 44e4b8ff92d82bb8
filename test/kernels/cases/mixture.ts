import { mixtureEntropy, mixtureTile } from '../../../src/kernels/mixture.ts';
import { given, kernelCase, numberSource } from '../kernel-case.ts';

const numbers = numberSource('mixture');

export const mixtureCases = [
  { count: 1, width: 1 },
  { count: 13, width: 7 },
  { count: 97, width: 33 },
].flatMap(({ count, width }) => {
  const logits = numbers([count * width], 3);
  const lse = given(Array.from({ length: 2 * count }, (_, i) => 3 + (i % 4)));
  const mixture = given(Array.from({ length: count * width }, (_, i) => (i % 11 === 0 ? 0 : ((i * 37) % 100) / 120)));
  const slots = given(Array.from({ length: count }, (_, i) => count - 1 - i));
  return [0, 1].flatMap((first) => [
    kernelCase(mixtureTile, `${count} × ${width}, first ${first}`, { logits, lse, mixture }, { count, width, first, lseOffset: count, share: 0.25 }),
    kernelCase(mixtureEntropy, `${count} × ${width}, first ${first}`, { mixture, slots, entropies: numbers([count]) }, { count, width, first }),
  ]);
});
