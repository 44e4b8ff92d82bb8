import { Random } from '../src/base/random.ts';

/** Numbers between −1 and 1, the same in every run. */
export function numbers(length: number): Float32Array {
  const stream = Random.seeded(1).fork('bench');
  return Float32Array.from({ length }, (_, i) => 2 * stream.uniform(i) - 1);
}
