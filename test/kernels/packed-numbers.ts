import { type PackedFormat, wordsOf } from '../../src/kernels/weight-format.ts';
import { packWeights } from '../../src/model/weight-packing.ts';
import { numberSource, type TensorSpec } from './kernel-case.ts';

const numbers = numberSource('packed');

/** Numbers of about ± 1 in a packed format, among them the smallest that float16 has. Blocks of q4_1 are those of q4_0 with an offset each. */
export function packedNumbers(format: PackedFormat, count: number): TensorSpec {
  const whole = Math.ceil(count / 64) * 64;
  const values = Float32Array.from(numbers([whole]).data);
  values.set([0, 2 ** -24, -3 * 2 ** -20, 2 ** -14, -1]);
  if (format !== 'q4_1') {
    const words = packWeights(values, format, 'test');
    return { shape: [wordsOf(format, whole)], data: words };
  }
  const runs = packWeights(values, 'q4_0', 'test');
  const offsets = packWeights(values, 'f16', 'test');
  const words: number[] = [];
  for (let run = 0; run * 9 < runs.length; run++) words.push(runs[run * 9]!, offsets[run * 32]!, ...runs.subarray(run * 9 + 1, run * 9 + 9));
  return { shape: [words.length], data: words };
}
