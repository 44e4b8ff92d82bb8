/**
 * The frame of every surrogate: one row at a time, first what the whole row says, then token by token.
 *
 * A surrogate is one small function, written twice: in WGSL for the device, in TypeScript as its reference.
 */

import type { Device } from '../gpu/device.ts';
import { type ArraysOf, defineKernel, type Dims, type Kernel, read, type TensorsOf, update, write } from '../gpu/kernel.ts';
import type { Tensor } from '../gpu/tensor.ts';
import type { SumColumns, TableView } from './stages.ts';

/** What a surrogate sees of one token. */
export interface SurrogateToken {
  readonly advantage: number;
  readonly logProb: number;
  readonly rawLogRatio: number;
  /** log-prob − old log-prob, clamped to ± `clampLogRatio`; `ratio` is its exponential. */
  readonly logRatio: number;
  readonly ratio: number;
  /** ∂ logRatio / ∂ logProb: 0 where the clamp holds it, else 1. */
  readonly moves: number;
  readonly low: number;
  readonly high: number;
  /** 1 unless the tokens are weighted. */
  readonly weight: number;
}

/** What a surrogate sees of the token's row: its valid tokens, and sums over them. */
export interface SurrogateRow {
  readonly count: number;
  readonly advantage: number;
  readonly term: number;
}

/** A loss for one token, to be minimised, and its slope in the token's log-prob. */
export interface SurrogateOutcome {
  readonly value: number;
  readonly slope: number;
  /** Of LOW, HIGH, LOWER. */
  readonly clipped: number;
  readonly extra?: number;
}

/** Held at the lower bound, and the advantage is negative. */
export const LOW = 1;
/** Held at the upper bound, and the advantage is positive. */
export const HIGH = 2;
/** Held by the bound for negative advantages: dual clip. */
export const LOWER = 4;

/** The columns a surrogate writes: sums over each row's valid tokens. The first is weighted, the others count every token. */
export const SURROGATE_SUMS = ['value', 'low', 'high', 'lower', 'logRatio', 'absLogRatio', 'extra'] as const;

const bindings = {
  responseMask: read('f32', 'B', 'T'),
  policyLogProbs: read('f32', 'B', 'T'),
  oldLogProbs: read('f32', 'B', 'T'),
  advantages: read('f32'),
  bounds: read('f32'),
  weights: read('f32'),
  byLogProb: write('f32', 'B', 'T'),
  sums: update('f32', 'B', 'S'),
};

interface FrameOptions {
  readonly advantageOffset: number;
  readonly advantageRow: number;
  readonly advantageColumn: number;
  readonly boundsOffset: number;
  readonly boundsRow: number;
  readonly boundsColumn: number;
  readonly weighted: number;
  readonly sumsAt: number;
  readonly clampLogRatio: number;
}

/** A surrogate on the device; `O` are its own options. */
export interface SurrogateKernel<O> extends Kernel<typeof bindings, FrameOptions & O> {
  /** Reads the token weights itself, so that they do not multiply its outcome. */
  readonly readsWeights: boolean;
}

export interface SurrogateDeclaration<O> {
  readonly name: string;
  /** Summed over the row's tokens before any of them is judged. */
  readonly rowTerm?: (token: SurrogateToken, options: O) => number;
  readonly readsWeights?: boolean;
  readonly token: (token: SurrogateToken, row: SurrogateRow, options: O) => SurrogateOutcome;
}

/** Declares a surrogate; `shaders/stage/<name>.wgsl` holds the same functions in WGSL, and O the fields of its `Params` after the frame's. */
export function defineSurrogate<O extends Readonly<Record<string, number>>>(declaration: SurrogateDeclaration<O>): SurrogateKernel<O> {
  const kernel = defineKernel({
    name: declaration.name,
    shader: `stage/${declaration.name}.wgsl`,
    bindings,
    params: ({ B, T, S }, options: FrameOptions & O) => ({ ...options, B: B!, T: T!, sumsWidth: S! }),
    threads: ({ B }) => B!,
    reference: (arrays, dims, options) => surrogateReference(arrays, dims, options, declaration),
    tolerance: { byLogProb: { absolute: 1e-5, relative: 1e-4 }, sums: { absolute: 1e-4, relative: 1e-4 } },
  });
  return { ...kernel, readsWeights: declaration.readsWeights ?? false };
}

/** Every surrogate in float64: the frame of `shaders/lib/surrogate-row.wgsl` around the declaration's own functions. */
export function surrogateReference<O>(
  arrays: ArraysOf<typeof bindings>,
  dims: Dims,
  options: FrameOptions & O,
  { rowTerm, token: judge }: SurrogateDeclaration<O>,
): void {
  const [B, T, S] = [dims['B']!, dims['T']!, dims['S']!];
  for (let b = 0; b < B; b++) {
    const tokens = validTokens(arrays, options, b, T);
    const row = { count: tokens.length, advantage: 0, term: 0 };
    for (const [, token] of tokens) {
      row.advantage += token.advantage;
      row.term += rowTerm?.(token, options) ?? 0;
    }
    const sums = new Float64Array(SURROGATE_SUMS.length);
    arrays.byLogProb.fill(0, b * T, (b + 1) * T);
    for (const [at, token] of tokens) {
      const { value, slope, clipped, extra = 0 } = judge(token, row, options);
      const weight = options.weighted === 2 ? 1 : token.weight;
      arrays.byLogProb[at] = weight * slope;
      const parts = [weight * value, clipped & LOW, (clipped & HIGH) / HIGH, (clipped & LOWER) / LOWER, token.logRatio, Math.abs(token.logRatio), extra];
      parts.forEach((part, column) => (sums[column]! += part));
    }
    arrays.sums.set(sums, b * S + options.sumsAt);
  }
}

function validTokens(arrays: ArraysOf<typeof bindings>, o: FrameOptions, b: number, T: number): [at: number, token: SurrogateToken][] {
  const tokens: [number, SurrogateToken][] = [];
  for (let t = 0; t < T; t++) {
    const at = b * T + t;
    if (arrays.responseMask[at] === 0) continue;
    const rawLogRatio = arrays.policyLogProbs[at]! - arrays.oldLogProbs[at]!;
    const logRatio = Math.min(o.clampLogRatio, Math.max(-o.clampLogRatio, rawLogRatio));
    const bound = o.boundsOffset + b * o.boundsRow + t * o.boundsColumn;
    tokens.push([
      at,
      {
        advantage: arrays.advantages[o.advantageOffset + b * o.advantageRow + t * o.advantageColumn]!,
        logProb: arrays.policyLogProbs[at]!,
        rawLogRatio,
        logRatio,
        ratio: Math.exp(logRatio),
        moves: Math.abs(rawLogRatio) <= o.clampLogRatio ? 1 : 0,
        low: arrays.bounds[bound]!,
        high: arrays.bounds[bound + 1]!,
        weight: o.weighted ? arrays.weights[at]! : 1,
      },
    ]);
  }
  return tokens;
}

/** The tables of a surrogate. All [B, T] but the views and the sums. */
export interface SurrogateTables {
  readonly responseMask: Tensor;
  readonly policyLogProbs: Tensor;
  readonly oldLogProbs: Tensor;
  readonly advantages: TableView;
  /** (low, high) of each token, the second beside the first. */
  readonly bounds: TableView;
  /** Token weights, which multiply value and slope unless the surrogate reads them itself; all 1 when absent. */
  readonly weights?: Tensor | undefined;
  readonly byLogProb: Tensor;
  readonly sums: SumColumns;
}

/** Records one surrogate: writes its slopes and the seven columns of SURROGATE_SUMS. */
export function surrogate<O>(device: Device, kernel: SurrogateKernel<O>, tables: SurrogateTables, options: O & { readonly clampLogRatio: number }): void {
  const { advantages, bounds, weights, sums, ...rest } = tables;
  const bound: TensorsOf<typeof bindings> = {
    ...rest,
    advantages: advantages.tensor,
    bounds: bounds.tensor,
    weights: weights ?? device.none.f32,
    sums: sums.tensor,
  };
  device.run(kernel, bound, {
    ...options,
    advantageOffset: advantages.offset,
    advantageRow: advantages.row,
    advantageColumn: advantages.column,
    boundsOffset: bounds.offset,
    boundsRow: bounds.row,
    boundsColumn: bounds.column,
    weighted: weights ? (kernel.readsWeights ? 2 : 1) : 0,
    sumsAt: sums.at,
  });
}
