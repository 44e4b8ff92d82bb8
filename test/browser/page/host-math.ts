/** The bits of the host's own mathematics and of ours, one number a function, so that two runtimes can be compared. */

import { exp, expm1, log } from '../../../src/base/exponential.ts';
import { sineCosine } from '../../../src/base/trigonometry.ts';

const COUNT = 65_536;

/** Between −40 and 40, dense near 0; positive where the function asks for it. */
function inputs(isPositive: boolean): Float64Array {
  return Float64Array.from({ length: COUNT }, (_, i) => {
    const unit = (i + 0.5) / COUNT;
    const value = (2 * unit - 1) * (2 * unit - 1) * (2 * unit - 1) * 40;
    return isPositive ? Math.abs(value) + 1e-9 : value;
  });
}

const POSITIVE = new Set(['log', 'own log', 'sqrt', 'pow']);

const OURS: Readonly<Record<string, (x: number) => number>> = {
  'own exp': exp,
  'own expm1': expm1,
  'own log': log,
  'own sine': (x) => sineCosine(x).sine,
  'own cosine': (x) => sineCosine(x).cosine,
  pow: (x) => Math.pow(x, 1 / 3),
};

/** A checksum of the results of each function, by name. `pow` is of x to the power 1/3. */
export function hostMathBits(names: readonly string[]): Record<string, string> {
  const functions = Math as unknown as Readonly<Record<string, (x: number) => number>>;
  return Object.fromEntries(names.map((name) => [name, checksum(inputs(POSITIVE.has(name)).map((x) => (OURS[name] ?? functions[name]!)(x)))]));
}

/** FNV-1a over the bits. */
function checksum(values: Float64Array): string {
  let hash = 0x811c9dc5;
  for (const word of new Uint32Array(values.buffer)) hash = Math.imul(hash ^ word, 0x01000193) >>> 0;
  return hash.toString(16);
}
