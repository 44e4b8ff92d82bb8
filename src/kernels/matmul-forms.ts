/** The forms of a matrix product for CPU adapters: no barriers, tiles in registers, the sum over k in one fixed order. */

import { floatOfHalf } from '../base/half.ts';
import { defineKernel, read, update } from '../gpu/kernel.ts';
import type { Tensor } from '../gpu/tensor.ts';
import { formatConstants, PACKED_LAYOUTS, type PackedFormat, weightOf } from './weight-format.ts';

/** The product's sizes and where its operands lie: element (i, j) of a view is at `offset + i · row + j · column`. */
export interface MatmulOptions {
  readonly M: number;
  readonly N: number;
  readonly K: number;
  readonly aOffset: number;
  readonly aRow: number;
  readonly aColumn: number;
  readonly bOffset: number;
  readonly bRow: number;
  readonly bColumn: number;
  readonly addendOffset: number;
  readonly addendRow: number;
  readonly outOffset: number;
  readonly outRow: number;
  readonly useAddend: number;
  /** 0: the product replaces what `out` holds; 1: it is added to it; 2: the sum goes on from it, as if K had been longer. */
  readonly accumulate: number;
}

/** A product whose b is packed: its offset and strides count numbers, not words. */
export interface PackedOption {
  readonly format: PackedFormat;
}

type Operands<T> = Readonly<Record<'a' | 'b' | 'addend' | 'out', T>>;
export type MatmulTensors = Operands<Tensor>;
export type MatmulArrays = Operands<Float64Array>;

const bindings = { a: read('f32'), b: read('f32'), addend: read('f32'), out: update('f32') };
const packedBindings = { ...bindings, b: read('u32') };
export const matmulTolerance = { out: { absolute: 1e-5, relative: 1e-5 } };

/** Gives an element of b by its index. */
export type RightOperand = (index: number) => number;

/** Reads a packed operand; each scale is widened once. */
export function packedRight(words: ArrayLike<number>, { format }: PackedOption): RightOperand {
  if (format !== 'q8_0') return (index) => weightOf(format, words, index);
  const { run, words: runWords, head } = PACKED_LAYOUTS.q8_0;
  const scales = new Float64Array(65_536).fill(Number.NaN);
  return (index) => {
    const block = (index >>> 5) & 1;
    const base = Math.floor(index / run) * runWords;
    const half = (words[base]! >>> (16 * block)) & 0xffff;
    if (Number.isNaN(scales[half])) scales[half] = floatOfHalf(half);
    const word = words[base + head + block * 8 + ((index & 31) >>> 2)]!;
    return scales[half]! * ((word << (24 - 8 * (index & 3))) >> 24);
  };
}

/** Each element of b is read once, whatever the rows of a. */
function matmulReference({ a, addend, out }: Omit<MatmulArrays, 'b'>, right: RightOperand, o: MatmulOptions): void {
  const column = new Float64Array(o.K);
  for (let n = 0; n < o.N; n++) {
    for (let k = 0; k < o.K; k++) column[k] = right(o.bOffset + k * o.bRow + n * o.bColumn);
    for (let m = 0; m < o.M; m++) {
      const row = o.aOffset + m * o.aRow;
      let sum = 0;
      for (let k = 0; k < o.K; k++) sum += a[row + k * o.aColumn]! * column[k]!;
      if (o.useAddend) sum += addend[o.addendOffset + m * o.addendRow + n]!;
      const at = o.outOffset + m * o.outRow + n;
      out[at] = o.accumulate ? out[at]! + sum : sum;
    }
  }
}

/** The constant that every form needs: whether its sums begin with what `out` holds. */
export function continues({ accumulate }: Pick<MatmulOptions, 'accumulate'>): { readonly CONTINUES: number } {
  return { CONTINUES: accumulate === 2 ? 1 : 0 };
}

/** The options as the shader's parameters. */
export function withoutFormat<O extends PackedOption>({ format: _format, ...params }: O): Omit<O, 'format'> {
  return params;
}

const DIRECT_TILE = 8;
const directThreads = (_: unknown, { M, N }: MatmulOptions): number => Math.ceil(M / DIRECT_TILE) * Math.ceil(N / DIRECT_TILE);

/** For any CPU adapter: no barriers, each lane an 8 × 8 tile in registers. */
export const matmulDirect = defineKernel({
  name: 'matmul-direct',
  shader: 'matmul/matmul-direct.wgsl',
  bindings,
  params: (_, options: MatmulOptions) => ({ ...options }),
  constants: (_, options) => continues(options),
  threads: directThreads,
  reference: (arrays, _, options) => matmulReference(arrays, (index) => arrays.b[index]!, options),
  tolerance: matmulTolerance,
});

/** The same with a packed b. */
export const matmulDirectPacked = defineKernel({
  name: 'matmul-direct-packed',
  shader: 'matmul/matmul-direct-packed.wgsl',
  bindings: packedBindings,
  params: (_, options: MatmulOptions & PackedOption) => withoutFormat(options),
  constants: (_, options) => ({ ...continues(options), ...formatConstants(options.format) }),
  threads: directThreads,
  reference: (arrays, _, options) => matmulReference(arrays, packedRight(arrays.b, options), options),
  tolerance: matmulTolerance,
});

const SUBGROUP_TILE = 32;
/** Up to this many rows a tile has as many, in place of 32: decoding takes half the time. The order of each sum is the same, and so are its bits. */
const FEW_ROWS = 8;
const tileRows = (M: number): number => (M <= FEW_ROWS ? FEW_ROWS : SUBGROUP_TILE);

export interface MatmulSubgroupOptions extends MatmulOptions {
  /** Lanes that share a tile: 4 or 8, and no more than a subgroup has. */
  readonly subgroupLanes: number;
}

const subgroupConstants = (options: MatmulSubgroupOptions) => ({
  SUBGROUP: options.subgroupLanes,
  ROWS: tileRows(options.M),
  ROW_PARTS: tileRows(options.M) / options.subgroupLanes,
  COLUMN_PARTS: SUBGROUP_TILE / options.subgroupLanes,
  ...continues(options),
});
const subgroupTiles = (_: unknown, { M, N }: MatmulOptions): number => Math.ceil(M / tileRows(M)) * Math.ceil(N / SUBGROUP_TILE);

/** For CPU adapters with subgroups: no barriers, each subgroup a tile of 8 or 32 rows × 32 columns in registers. */
export const matmulSubgroup = defineKernel({
  name: 'matmul-subgroup',
  shader: 'matmul/matmul-subgroup.wgsl',
  bindings,
  params: (_, options: MatmulSubgroupOptions) => ({ ...options }),
  constants: (_, options) => subgroupConstants(options),
  workgroups: subgroupTiles,
  lanes: ({ subgroupLanes }) => Math.max(4, subgroupLanes),
  reference: (arrays, _, options) => matmulReference(arrays, (index) => arrays.b[index]!, options),
  tolerance: matmulTolerance,
});

/** The same with a packed b. */
export const matmulSubgroupPacked = defineKernel({
  name: 'matmul-subgroup-packed',
  shader: 'matmul/matmul-subgroup-packed.wgsl',
  bindings: packedBindings,
  params: (_, options: MatmulSubgroupOptions & PackedOption) => withoutFormat(options),
  constants: (_, options) => ({ ...subgroupConstants(options), ...formatConstants(options.format) }),
  workgroups: subgroupTiles,
  lanes: ({ subgroupLanes }) => Math.max(4, subgroupLanes),
  reference: (arrays, _, options) => matmulReference(arrays, packedRight(arrays.b, options), options),
  tolerance: matmulTolerance,
});

/** Whether a CPU adapter's subgroups fit the subgroup form. */
export function fitsSubgroupForm(subgroupLanes: number): boolean {
  return subgroupLanes === 4 || subgroupLanes === 8;
}
