/**
 * The part of the next-token distribution that a rule keeps: its mass, its entropy, and the gradient of that entropy.
 *
 * Works on whole rows of logits after `tokenStatsFinish`; take few rows at a time where the vocabulary is large.
 */

import type { Device } from '../gpu/device.ts';
import { defineKernel, read, update, write } from '../gpu/kernel.ts';
import type { Tensor } from '../gpu/tensor.ts';
import { STATE_WIDTH } from './token-stats.ts';

/** The columns of the table `kept`. */
export const KEPT = ['mass', 'massLogP', 'count', 'survives'] as const;

/**
 * Which tokens are kept, in falling order of probability and of equals the lower id first:
 * `min-p` those with p ≥ amount · max p, `nucleus` the fewest whose mass reaches `amount`, `nucleus-exclusive` the same
 * without the last of them, `count` the first `amount`.
 */
export interface KeptRule {
  readonly kind: 'min-p' | 'nucleus' | 'nucleus-exclusive' | 'count';
  readonly amount: number;
}

const RULES = ['min-p', 'nucleus', 'nucleus-exclusive', 'count'] as const;
const EVERY_TIE = 16_777_215;

interface RowsOptions {
  readonly count: number;
  readonly vocabulary: number;
}

interface KeptOptions extends RowsOptions {
  readonly rule: KeptRule;
}

/** One lane to a row. */
export const keptSetDirect = defineKernel({
  name: 'kept-set-direct',
  shader: 'head/kept-set-direct.wgsl',
  bindings: { logits: read('f32'), targets: read('u32'), slots: read('u32'), state: read('f32'), kept: update('f32'), bounds: write('f32') },
  params: (_, { count, vocabulary, rule }: KeptOptions) => ({ count, vocabulary, rule: RULES.indexOf(rule.kind), amount: rule.amount }),
  threads: (_, { count }) => count,
  reference({ logits, targets, slots, state, kept, bounds }, _, { count, vocabulary, rule }) {
    for (let row = 0; row < count; row++) {
      const values = logits.subarray(row * vocabulary, (row + 1) * vocabulary);
      const [highest = 0, logS = 0, , , , , , scale = 0] = state.subarray(row * STATE_WIDTH, (row + 1) * STATE_WIDTH);
      const bound = boundOf(values, rule, highest, scale);
      const sums = [0, 0, 0, isKept(values[targets[row]!]!, targets[row]!, bound) ? 1 : 0] as [number, number, number, number];
      values.forEach((x, v) => {
        if (!isKept(x, v, bound)) return;
        const logP = (x - highest) * scale - logS;
        sums[0] += Math.exp(logP);
        sums[1] += Math.exp(logP) * logP;
        sums[2]++;
      });
      kept.set(sums, slots[row]! * KEPT.length);
      bounds.set(bound, row * 2);
    }
  },
  tolerance: { kept: { absolute: 1e-5, relative: 1e-5 }, bounds: { absolute: 1e-5, relative: 1e-5 } },
});

/** A logit, and the last id kept of those equal to it. */
type Bound = readonly [value: number, lastTie: number];

function isKept(x: number, v: number, [value, lastTie]: Bound): boolean {
  return x > value || (x === value && v <= lastTie);
}

function boundOf(values: Float64Array, { kind, amount }: KeptRule, highest: number, scale: number): Bound {
  if (kind === 'min-p') return [highest + Math.log(amount) / scale, EVERY_TIE];
  const falling = Array.from(values, (_, v) => v).sort((a, b) => values[b]! - values[a]! || a - b);
  let size = amount;
  if (kind !== 'count') {
    const masses = falling.map((v) => Math.exp((values[v]! - highest) * scale));
    const enough = amount * masses.reduce((sum, e) => sum + e, 0);
    let mass = 0;
    size = masses.findIndex((e) => (mass += e) >= enough) + 1 || values.length;
  }
  const last = falling[size - 1]!;
  if (kind !== 'nucleus-exclusive') return [values[last]!, last];
  const before = falling[size - 2] ?? -1;
  return [values[last]!, values[before] === values[last] ? before : -1];
}

interface GradientOptions extends RowsOptions {
  readonly accumulate: boolean;
}

export const keptEntropyBackwardDirect = defineKernel({
  name: 'kept-entropy-backward',
  shader: 'head/kept-entropy-backward.wgsl',
  bindings: {
    logits: read('f32'),
    slots: read('u32'),
    state: read('f32'),
    kept: read('f32'),
    bounds: read('f32'),
    byKeptEntropy: read('f32'),
    gradient: update('f32'),
  },
  params: (_, { count, vocabulary, accumulate }: GradientOptions) => ({ count, vocabulary, accumulate: accumulate ? 1 : 0 }),
  threads: (_, { count, vocabulary }) => count * vocabulary,
  reference({ logits, slots, state, kept, bounds, byKeptEntropy, gradient }, _, { count, vocabulary, accumulate }) {
    for (let row = 0; row < count; row++) {
      const [highest = 0, logS = 0, , , , , , scale = 0] = state.subarray(row * STATE_WIDTH, (row + 1) * STATE_WIDTH);
      const slot = slots[row]!;
      const [mass = 0, massLogP = 0] = kept.subarray(slot * KEPT.length, (slot + 1) * KEPT.length);
      const [value = 0, lastTie = 0] = bounds.subarray(row * 2, row * 2 + 2);
      const entropy = Math.log(mass) - massLogP / mass;
      for (let v = 0; v < vocabulary; v++) {
        const at = row * vocabulary + v;
        const logQ = (logits[at]! - highest) * scale - logS - Math.log(mass);
        const slope = isKept(logits[at]!, v, [value, lastTie]) ? -byKeptEntropy[slot]! * Math.exp(logQ) * (logQ + entropy) * scale : 0;
        gradient[at] = accumulate ? gradient[at]! + slope : slope;
      }
    }
  },
  tolerance: { gradient: { absolute: 1e-5, relative: 1e-4 } },
});

export interface KeptSet extends KeptOptions {
  /** [count, vocabulary] raw. */
  readonly logits: Tensor;
  readonly targets: Tensor;
  readonly slots: Tensor;
  /** Of `tokenStatsFinish`. */
  readonly state: Tensor;
  /** [S, 4] columns in the order of KEPT: Σ p, Σ p · ln p, tokens kept, 1 where the target is one of them. */
  readonly kept: Tensor;
  /** [count, 2] what `keptEntropyBackward` reads. */
  readonly bounds: Tensor;
}

/**
 * Finds the tokens that a rule keeps of every row, and what they hold.
 *
 *   log-prob among the kept = logProb − ln mass        entropy of the kept = ln mass − massLogP / mass
 */
export function keptSet(device: Device, { count, vocabulary, rule, ...tensors }: KeptSet): void {
  device.run(keptSetDirect, tensors, { count, vocabulary, rule });
}

export interface KeptEntropyBackward extends RowsOptions {
  readonly logits: Tensor;
  readonly slots: Tensor;
  readonly state: Tensor;
  readonly kept: Tensor;
  readonly bounds: Tensor;
  /** [S] ∂loss / ∂entropy of the kept */
  readonly byKeptEntropy: Tensor;
  /** [count, vocabulary] of the raw logits. */
  readonly gradient: Tensor;
  /** Adds to what `gradient` holds. */
  readonly accumulate?: boolean;
}

/** The gradient of the entropy of the kept tokens, renormalised, with the set held fixed. */
export function keptEntropyBackward(device: Device, { count, vocabulary, accumulate = false, ...tensors }: KeptEntropyBackward): void {
  device.run(keptEntropyBackwardDirect, tensors, { count, vocabulary, accumulate });
}
